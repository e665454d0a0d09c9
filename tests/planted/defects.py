"""The defects: where each is planted, and the test that must go red.

A defect whose text is found no more, or more than once, is an error: the code has moved on and the defect must follow.
"""

from __future__ import annotations

from dataclasses import dataclass

STORE = "shared/eventstore/migrations/0001_event_store.sql"
FACTS_SQL = "shared/eventstore/migrations/0002_facts.sql"
"""Where the one function that appends stands now."""
RELAY = "shared/eventstore/relay.py"
HISTORY = "shared/eventstore/history.py"
RUNNER = "shared/streams/runner.py"
BATCH = "shared/streams/batch.py"

APPEND = "tests/integration/eventstore/test_append.py::"
VERIFY = "tests/integration/eventstore/test_verify_and_restore.py::"
STREAMS = "tests/integration/streams/test_runner.py::"
OFFSETS = "tests/integration/streams/test_offsets.py::"
RELAY_FAULTS = "tests/faults/test_relay.py::"
PROJECTOR_FAULTS = "tests/faults/test_projector.py::"
FACTS = "tests/integration/ingress/test_facts.py::"
ORIGINALS = "tests/integration/ingress/test_originals.py::"
CONVENTIONS = "tests/integration/reporting/test_conventions.py::"
PROVISIONING = "tests/integration/committee/test_provisioning.py::"
DECIDING = "tests/integration/operating/test_deciding.py::"
PROVING = "tests/integration/operating/test_proving.py::"
ALARMS = "tests/integration/reporting/test_alarms.py::"
VERSIONS = "tests/integration/reporting/test_versions.py::"
REDACT = "tests/integration/eventstore/test_redact.py::"
STORES_CLI = "tests/integration/test_cli_stores.py::"
ERASURE = "tests/integration/committee/test_erasure.py::"


@dataclass(frozen=True)
class Defect:
    """Replaces ``old`` by ``new`` in ``file``; ``test`` must then fail."""

    name: str
    file: str
    old: str
    new: str
    test: str
    old_too: str = ""
    """A second place in the same file, for a line that is moved; replaced by ``new_too``."""
    new_too: str = ""


DEFECTS = (
    # --- the store
    Defect(
        "lock after the head is read",
        FACTS_SQL,
        "        PERFORM pg_advisory_xact_lock(71001, lock_shard);\n    END LOOP;\n    clock_now",
        "        NULL;\n    END LOOP;\n    clock_now",
        APPEND + "test_two_processes_that_waited_for_the_lock_both_append_at_their_first_try",
        "    INSERT INTO events (shard, position,",
        "    PERFORM pg_advisory_xact_lock(71001, locks[1]);\n    INSERT INTO events (shard, position,",
    ),
    Defect(
        "inbox check left out",
        FACTS_SQL,
        "        JOIN inbox i ON i.source = a.source AND i.id = a.id\n    LOOP",
        "        JOIN inbox i ON i.source = a.source AND i.id = a.id AND false\n    LOOP",
        APPEND + "test_a_known_id_gets_its_first_answer_whatever_version_it_expects",
    ),
    Defect(
        "another content under a known id taken for the same",
        FACTS_SQL,
        "THEN 'known' ELSE 'conflict' END",
        "THEN 'known' ELSE 'known' END",
        APPEND + "test_a_known_id_with_other_content_is_a_conflict",
    ),
    Defect(
        "expected version not checked",
        FACTS_SQL,
        "WHERE coalesce(now.stream_version, 0) <> g.version",
        "WHERE coalesce(now.stream_version, 0) <> g.version AND g.stream IS NULL",
        APPEND + "test_a_stream_that_was_only_read_guards_the_decision",
    ),
    Defect(
        "claim not checked",
        FACTS_SQL,
        "WHERE coalesce(now.held, false) AND now.stream <> c.stream",
        "WHERE coalesce(now.held, false) AND now.stream = c.stream",
        APPEND + "test_a_claim_is_held_by_one_stream_until_released",
    ),
    Defect(
        "hash without salt",
        FACTS_SQL,
        "sha256(e.salt || convert_to(e.data, 'UTF8'))",
        "sha256(convert_to(e.data, 'UTF8'))",
        VERIFY + "test_an_untouched_store_verifies",
    ),
    Defect(
        "recorded_at = now()",
        STORE,
        "RETURN coalesce((SELECT now FROM simulated_clock), clock_timestamp());",
        "RETURN coalesce((SELECT now FROM simulated_clock), now());",
        APPEND + "test_an_event_that_had_to_wait_for_the_lock_is_recorded_when_it_got_it",
    ),
    Defect(
        "recorded time does not rise within a group",
        FACTS_SQL,
        "last_time := greatest(clock_now, last_time + interval '1 microsecond');",
        "last_time := greatest(clock_now, last_time);",
        APPEND + "test_recorded_time_rises_with_position",
    ),
    Defect(
        "a refusal tears its group apart",
        FACTS_SQL,
        "times        timestamptz[] := array_fill(NULL::timestamptz, ARRAY[cardinality(e_id)]);",
        "times        timestamptz[] := '{}';",
        APPEND + "test_a_refusal_at_the_head_of_a_group_leaves_the_group_together",
    ),
    Defect(
        "an unanswered commit taken for a failure",
        "shared/eventstore/writer.py",
        "        except LOST:\n            async for attempt",
        "        except ZeroDivisionError:\n            async for attempt",
        "tests/faults/test_store.py::test_a_command_is_done_once_though_the_database_never_said_that_it_committed",
    ),
    Defect(
        "restore forgets the answers",
        "shared/eventstore/restore.py",
        "await connection.execute(_ANSWERS, heads)",
        "assert _ANSWERS",
        VERIFY + "test_a_store_behind_its_topic_gets_back_events_answers_and_claims",
    ),
    Defect(
        "keys shared by all callers",
        "shared/web/auth.py",
        'return f"/callers/{self.id}"',
        'return "/callers/anybody"',
        "tests/contract/test_commands.py::test_keys_belong_to_their_caller",
    ),
    Defect(
        "a command refused for what its own repetition did",
        "shared/eventstore/commands.py",
        "            if answer is None:\n                raise\n",
        "            raise\n",
        "tests/contract/test_commands.py::test_a_command_overtaken_by_its_own_repetition_is_answered_and_not_refused",
    ),
    # --- the relay
    Defect(
        "cursor moved before the acknowledgement",
        RELAY,
        '            fault_point("relay.after_send")\n',
        "            moved = await connection.fetchval(_MOVE, self._shard, cursor, filled.last)\n"
        '            fault_point("relay.after_send")\n',
        RELAY_FAULTS + "test_the_cursor_does_not_move_before_the_broker_has_acknowledged",
        "if await connection.fetchval(_MOVE, self._shard, cursor, filled.last) is None:",
        "if moved is None:",
    ),
    Defect(
        "compare-and-set of the cursor removed",
        "shared/eventstore/sql/relay_move.sql",
        "WHERE shard = $1 AND position = $2",
        "WHERE shard = $1 AND $2::bigint IS NOT NULL",
        RELAY_FAULTS
        + "test_a_relay_whose_cursor_another_has_moved_starts_again_there_and_views_survive_what_comes_twice",
    ),
    Defect(
        "idle_session_timeout removed",
        RELAY,
        'server_settings={"idle_session_timeout": SESSION_TIMEOUT}',
        "server_settings={}",
        RELAY_FAULTS + "test_order_survives_a_leader_that_stands_still_and_wakes_up_when_another_leads[3 shards]",
    ),
    Defect(
        "NOTIFY only, no polling",
        RELAY,
        "            self._wake.clear()\n            await self._obey(connection, stop)\n"
        "            if self.state.paused:\n                return\n            if filled is None:\n",
        "            woken = self._wake.is_set() or cursor == 0\n            self._wake.clear()\n"
        "            if filled is None and woken:\n",
        RELAY_FAULTS + "test_an_event_is_sent_whose_api_died_before_it_could_tell_the_relay",
    ),
    Defect(
        "relays of other processes not told of commits",
        "shared/eventstore/store.py",
        "if len(self._led) == self.shards:",
        "if self.shards:",
        "tests/integration/eventstore/test_relay.py"
        "::test_relays_elsewhere_are_told_of_commits_unless_every_shard_is_led_here",
    ),
    Defect(
        "two leaders",
        RELAY,
        'if await connection.fetchval("SELECT pg_try_advisory_lock(71002, $1)", self._shard):',
        'if await connection.fetchval("SELECT pg_try_advisory_lock_shared(71002, $1)", self._shard):',
        "tests/integration/eventstore/test_relay.py::test_of_two_relays_one_leads",
    ),
    Defect(
        "a topic ahead of its store not noticed",
        RELAY,
        "if position > head:",
        "if position < 0:",
        "tests/integration/eventstore/test_relay.py::test_a_relay_refuses_a_topic_that_is_ahead_of_its_store",
    ),
    # --- consumers
    Defect(
        "compare-and-set of the offset removed",
        "shared/streams/sql/advance.sql",
        "AND next_offset = $4 AND epoch = $5",
        "AND $4::bigint IS NOT NULL AND $5::bigint IS NOT NULL",
        OFFSETS + "test_a_batch_that_was_applied_already_moves_nothing",
    ),
    Defect(
        "epoch not raised",
        "shared/streams/sql/claim.sql",
        "SET epoch = o.epoch + 1",
        "SET epoch = o.epoch",
        OFFSETS + "test_a_batch_of_an_earlier_claim_moves_nothing",
    ),
    Defect(
        "offset moved in a transaction of its own",
        RUNNER,
        "                async with connection.transaction():\n"
        "                    moved = await self._offsets.advance(connection, claimed, batch)\n"
        "                    await self._parking.park_unreadable(connection, place, batch)\n"
        "                    await self.projection.apply",
        "                moved = await self._offsets.advance(connection, claimed, batch)\n"
        "                async with connection.transaction():\n"
        "                    await self._parking.park_unreadable(connection, place, batch)\n"
        "                    await self.projection.apply",
        PROJECTOR_FAULTS + "test_views_survive_a_projector_that_is_killed[projector.mid_batch]",
    ),
    Defect(
        "parked stream not held back",
        RUNNER,
        "            if envelope.stream in self._parking.streams:\n"
        "                await self._parking.park(connection, place, offset, envelope, *BEHIND)\n            else:",
        "            if not envelope.stream:\n"
        "                await self._parking.park(connection, place, offset, envelope, *BEHIND)\n            else:",
        STREAMS + "test_a_parked_stream_stays_parked_after_a_restart",
    ),
    Defect(
        "a skip not obeyed",
        RUNNER,
        "            if offset in batch.skipped:\n                continue\n",
        "",
        STREAMS + "test_what_an_operator_skips_is_left_out",
    ),
    Defect(
        "gap not noticed",
        BATCH,
        "if envelope.position != batch.position + 1:",
        "if envelope.position <= batch.position:",
        STREAMS + "test_a_missing_position_stops_the_partition",
    ),
    Defect(
        "duplicate applied twice",
        BATCH,
        "            if envelope.position <= batch.position:\n                batch.repeated.append(envelope)\n",
        "            if envelope.position <= batch.position:\n                batch.events.append(envelope)\n"
        "                batch.offsets.append(record.offset)\n",
        STREAMS + "test_a_repeated_batch_changes_nothing",
    ),
    Defect(
        "fork not noticed",
        RUNNER,
        "if known is not None and known != envelope.event_id and",
        "if known is not None and known == envelope.event_id and not known and",
        STREAMS + "test_another_event_at_a_position_read_before_is_a_fork_and_stops_it",
    ),
    Defect(
        "a fold carried on over a batch that was rolled back",
        "services/reporting/projections/projection.py",
        "        self._folds.clear()\n",
        "        assert self._folds is not None\n",
        "tests/integration/reporting/test_applying.py::test_what_was_rolled_back_is_not_carried_on",
    ),
    Defect(
        "folds kept when a batch is rolled back",
        RUNNER,
        "error=repr(error))\n                self.projection.forget()\n",
        "error=repr(error))\n",
        STREAMS + "test_a_batch_that_fails_leaves_nothing_in_memory",
    ),
    # --- facts of other systems
    Defect(
        "what waits is not woken",
        FACTS_SQL,
        "    IF EXISTS (SELECT FROM waiting) THEN\n",
        "    IF EXISTS (SELECT FROM waiting WHERE source IS NULL) THEN\n",
        FACTS + "test_a_fact_waits_for_what_comes_before_it",
    ),
    Defect(
        "what waits is looked at no more once it was",
        FACTS_SQL,
        "UPDATE waiting w SET looked_at = f.woken",
        "UPDATE waiting w SET looked_at = 9223372036854775807 - f.woken",
        FACTS + "test_facts_that_wait_for_each_other_move_in_the_order_in_which_they_took_effect[1 shard]",
    ),
    Defect(
        "an id used under another's source",
        "shared/ingress/handler.py",
        "    if incoming.source not in publisher.rights.sources:\n",
        "    if not incoming.source:\n",
        FACTS + "test_an_id_under_another_s_source_is_neither_used_nor_told_of",
    ),
    Defect(
        "a database that fails taken for a rule that does",
        "shared/ingress/handler.py",
        "            except NOT_THE_RULE:\n",
        "            except ContractError:\n",
        FACTS + "test_a_database_that_fails_while_a_fact_is_decided_is_not_taken_for_a_rule_that_does",
    ),
    Defect(
        "rights not asked",
        "shared/ingress/handler.py",
        "        try:\n            require_rights(publisher, incoming, fact)\n",
        "        try:\n            assert publisher\n",
        FACTS + "test_a_publisher_sends_what_it_may_and_nothing_else",
    ),
    Defect(
        "the region of a stream not held against rights",
        "shared/ingress/handler.py",
        "    if not told <= set(asked.regions):\n",
        "    if not told:\n",
        FACTS + "test_who_may_speak_of_one_region_voids_nothing_of_another[alone]",
    ),
    Defect(
        "a key is good after it was revoked",
        "shared/ingress/register.py",
        "return not self.revoked and (",
        "return (",
        "tests/contract/test_events.py::test_a_key_is_shown_once_and_ends_when_it_is_revoked_or_has_expired",
    ),
    Defect(
        "a name let in",
        "shared/web/text.py",
        "**_PERSONAL} for each in found]",
        "**_PERSONAL} for each in found if not each]",
        FACTS + "test_what_names_a_person_is_refused_with_its_place",
    ),
    Defect(
        "a name taken for what may stand as it is",
        "shared/web/text.py",
        "found = repair(text) == text and not personal_data(text)",
        "found = repair(text) == text",
        FACTS + "test_what_names_a_person_is_refused_with_its_place",
    ),
    Defect(
        "facts that come together decided by the rights of one of their publishers",
        "shared/ingress/gathering.py",
        "found.setdefault(id(each.publisher), [])",
        "found.setdefault(0, [])",
        "tests/unit/ingress/test_gathering.py::test_each_publisher_s_are_decided_by_its_own_rights",
    ),
    Defect(
        "an event made of a command without the event's own rules",
        "shared/contracts/event.py",
        "            for rule in rules:\n                rule(made)\n",
        "            pass\n",
        "tests/unit/contracts/test_contracts.py::test_an_event_that_breaks_a_rule_of_its_own_is_not_made_of_a_command",
    ),
    Defect(
        "what cannot be read holds up what comes behind it",
        "shared/ingress/records.py",
        "    except Unreadable as unreadable:\n        return unreadable\n",
        "    except ZeroDivisionError as unreadable:\n        raise unreadable\n",
        "tests/integration/ingress/test_records.py::"
        "test_what_cannot_be_read_is_quarantined_by_its_place_and_holds_nothing_up",
    ),
    Defect(
        "rights not asked again when a fact moves that waited",
        "shared/ingress/handler.py",
        "        require_admitted(publisher, incoming)\n"
        "        require_rights(publisher, incoming, fact)\n        return fact",
        "        assert publisher\n        return fact",
        ORIGINALS + "test_rights_that_were_taken_while_a_fact_waited_hold_when_it_is_decided_again",
    ),
    Defect(
        "what is voided decided beside what is sent in its place",
        "shared/ingress/http.py",
        "            lambda place: facts.refers(place[1]),\n",
        "            lambda _place: False,\n",
        "tests/contract/test_events.py::test_what_is_voided_in_a_batch_is_out_before_what_is_sent_in_its_place",
    ),
    Defect(
        "a refusal that its taker alone comes to left to committee",
        "shared/ingress/records.py",
        "if answers_for_all or refusal.code not in EVERYBODY_S:",
        "if answers_for_all:",
        "tests/unit/ingress/test_records.py::test_what_corrects_nothing_is_answered_by_who_takes_it",
    ),
    Defect(
        "a record that the database refuses for good taken for ever",
        "shared/ingress/records.py",
        "isinstance(error, AWAY) and not isinstance(error, FOR_GOOD)",
        "isinstance(error, AWAY)",
        "tests/unit/ingress/test_records.py::test_what_the_database_refuses_for_good_is_kept_and_not_tried_for_ever",
    ),
    Defect(
        "a record that cannot be unpacked keeps all others from being read",
        "shared/ingress/fetching.py",
        "        return await _one_by_one(consumer, wait_ms)\n",
        "        raise\n",
        "tests/integration/ingress/test_records.py::"
        "test_what_the_client_cannot_unpack_is_answered_by_its_place_and_holds_nobody_up",
    ),
    Defect(
        "a receipt that is too large keeps all others from being told",
        "shared/ingress/telling.py",
        "if len(value) <= LARGEST_RECEIPT:",
        "if value:",
        "tests/integration/ingress/test_records.py::"
        "test_a_receipt_that_no_record_holds_is_told_in_short_and_keeps_no_other",
    ),
    Defect(
        "what was forgotten of a fact kept again when it is sent again",
        "shared/ingress/handler.py",
        "                    if known is not None:\n                        return known\n",
        "                    assert known != 0\n",
        ORIGINALS + "test_what_was_forgotten_of_a_fact_does_not_come_back_when_it_is_sent_again",
    ),
    Defect(
        "a fact that turned to wait for something else not looked at again",
        "shared/ingress/handler.py",
        "woken = case.woken - 1 if unheld else case.woken",
        "woken = case.woken",
        FACTS + "test_what_comes_while_a_fact_turns_to_wait_for_something_else_wakes_it",
    ),
    Defect(
        "a fact looked at for ever whose new stream has another name every time",
        "shared/ingress/handler.py",
        "set(names).difference(versions, case.waited_for)",
        "set(names).difference(case.waited_for)",
        FACTS + "test_a_fact_whose_new_stream_has_another_name_every_time_comes_to_rest",
    ),
    Defect(
        "originals kept in the clear",
        "shared/ingress/originals.py",
        "sealed = nonce + AESGCM(key).encrypt(nonce, body, _about(source, fact_id))",
        "sealed = nonce + AESGCM(key).encrypt(nonce, body, _about(source, fact_id)) + body",
        ORIGINALS + "test_it_is_sealed_where_it_is_kept_and_says_nothing_without_its_key",
    ),
    Defect(
        "keys of originals outlive them",
        "shared/ingress/sql/drop_originals.sql",
        "WHERE k.source = g.source AND k.id = g.id",
        "WHERE k.source = g.source AND k.id = g.id AND false",
        ORIGINALS + "test_after_its_time_it_is_given_to_nobody_and_deleted_with_its_key",
    ),
    Defect(
        "another's refused fact referred to",
        "shared/ingress/sql/correct.sql",
        "WHERE publisher = $3 AND source = $4",
        "WHERE $3::text IS NOT NULL AND source = $4",
        ORIGINALS + "test_another_s_refused_fact_is_not_referred_to",
    ),
    Defect(
        "an answer given to who asked after it was read",
        "shared/eventstore/together.py",
        "                asked, self._next = self._next, {}\n",
        "                asked = self._next\n",
        "tests/unit/eventstore/test_together.py::test_nobody_is_given_an_answer_that_was_read_before_the_question_came",
        "                    for question, several in asked.items():\n",
        "                    self._next = {}\n"
        "                    answers = {**dict.fromkeys(asked, next(iter(answers.values()))), **answers}\n"
        "                    for question, several in asked.items():\n",
    ),
    # --- rights at the broker
    Defect(
        "a service may write every topic",
        "deploy/local/rights.py",
        '("READ", "DESCRIBE")) for each in SERVICES',
        '("READ", "WRITE", "DESCRIBE")) for each in SERVICES',
        PROVISIONING + "test_a_service_may_not_write_what_is_another_s",
    ),
    Defect(
        "a publisher may write every ingress topic",
        "services/committee/provisioning.py",
        'Right("TOPIC", ingress, ("WRITE", "DESCRIBE")),',
        'Right("TOPIC", self._topics.ingress(""), ("WRITE", "DESCRIBE"), prefixed=True),',
        PROVISIONING + "test_a_publisher_that_writes_elsewhere_is_refused_by_the_broker",
    ),
    Defect(
        "a revoked user stays",
        "services/committee/provisioning.py",
        "        await self._access.delete_users(sorted(",
        "        await self._access.users() and (sorted(",
        PROVISIONING + "test_two_credentials_of_one_publisher_overlap",
    ),
    Defect(
        "a suspended publisher goes on writing",
        "services/committee/provisioning.py",
        "return [] if publisher.suspended else self._valid(publisher, now)",
        "return self._valid(publisher, now)",
        PROVISIONING + "test_a_suspended_publisher_may_do_nothing_until_it_is_admitted_again",
    ),
    Defect(
        "a right too many at the broker stays",
        "shared/streams/access.py",
        "        if too_much:\n",
        "        if not granted:\n",
        PROVISIONING + "test_a_right_that_somebody_added_or_took_at_the_broker_is_put_right_too",
    ),
    # --- operators: what they order
    Defect(
        "an order whose audit line is written beside it",
        "shared/operating/deciding.py",
        "        async with self.pool().acquire() as connection, connection.transaction():\n"
        "            if known.destructive",
        "        async with self.pool().acquire() as connection:\n            if known.destructive",
        DECIDING + "test_an_action_and_its_audit_line_are_one",
    ),
    Defect(
        "an order that destroys and that nobody confirmed",
        "shared/operating/deciding.py",
        "require(not known.destructive or typed == target,",
        "require(not known.destructive or typed in (None, target),",
        DECIDING + "test_what_is_wrong_is_told_and_nothing_is_done",
    ),
    Defect(
        "the same operator seconds",
        "shared/operating/deciding.py",
        'require(row["actor"] != caller.id, "ops.same_operator")',
        'assert row["actor"]',
        DECIDING + "test_where_two_persons_decide_what_destroys_waits_for_the_second",
    ),
    Defect(
        "a replay out of order",
        "shared/streams/sql/replay_rows.sql",
        "ORDER BY p.record LIMIT",
        "ORDER BY p.record DESC LIMIT",
        STREAMS + "test_replays_among_new_events_of_the_same_stream_lose_and_double_nothing",
    ),
    Defect(
        "what was replayed taken away in a transaction of its own",
        "shared/streams/replaying.py",
        "                await connection.execute(_REMOVE, self._consumer, store, shard, last)\n",
        "",
        "tests/faults/test_poison.py::test_each_kind_of_poison_parks_or_stops_just_what_it_should_and_is_healed",
        '            fault_point("replay.after_stream")\n',
        '            fault_point("replay.after_stream")\n'
        '            await connection.execute("DELETE FROM parked WHERE event_id = ANY ($1::text[])", done.events)\n',
    ),
    Defect(
        "a pause that is not obeyed",
        RUNNER,
        "if claimed is None or place in self._halted or self.paused:",
        "if claimed is None or place in self._halted:",
        STREAMS + "test_a_paused_consumer_stands_still_in_its_group_and_goes_on_where_it_was",
        "            consumer.pause(*places)\n",
        "            assert places\n",
    ),
    Defect(
        "a swap under claims that still hold",
        "services/reporting/rebuilding/swapping.sql",
        "epoch = greatest(epoch, $2) + 1 WHERE",
        "epoch = $2 WHERE",
        VERSIONS + "test_a_version_goes_its_whole_way",
    ),
    Defect(
        "a swap to rows that differ and that nobody accepted",
        "services/reporting/rebuilding/orders.py",
        "require((known or 0) == found,",
        "require((known or found) == found,",
        VERSIONS + "test_a_version_goes_its_whole_way",
    ),
    Defect(
        "a person is erased though the certificate cannot be kept",
        "obec/persons.py",
        "    _require_place(out)\n",
        "",
        "tests/integration/test_cli_persons.py::test_what_is_wrong_is_one_line_and_nobody_is_erased",
    ),
    Defect(
        "one operator's erasure is an order where two decide",
        "shared/operating/orders.py",
        ' and line["seconded_by"] is not None',
        "",
        ERASURE + "test_where_two_persons_decide_no_service_forgets_anybody_without_their_order",
    ),
    Defect(
        "an original that names an erased person is kept",
        "shared/operating/forgetting.py",
        """                await connection.execute(_FORGET, source, fact_id)""",
        """                assert source, fact_id""",
        "tests/integration/committee/test_erasure.py::"
        "test_an_erased_person_is_named_nowhere_and_the_certificate_lists_every_place",
    ),
    Defect(
        "a service that is asked to forget a person refuses a name with a title",
        "shared/operating/forgetting.py",
        'await body_of(request, Forget, naming="names")',
        "await body_of(request, Forget)",
        ERASURE + "test_an_erased_person_is_named_nowhere_and_the_certificate_lists_every_place",
    ),
    Defect(
        "a name that its sender escaped is kept",
        "shared/operating/forgetting.py",
        "[*forms, *(escaped for form in forms for escaped in _escaped(form))]",
        "forms",
        ERASURE + "test_a_kept_body_is_found_however_its_sender_wrote_the_name",
    ),
    Defect(
        "a redacted event stays with what its own service has parked",
        "shared/eventstore/redact.py",
        "await connection.fetchval(_PARKED, store, shard, position)",
        "assert store",
        REDACT + "test_the_chain_holds_the_audit_tells_it_and_the_event_has_no_effect",
    ),
    Defect(
        "an alarm that the store refuses keeps the others from being raised",
        "services/reporting/alarms/running.py",
        "except (Rejected, OtherContent) as error:",
        "except Rejected as error:",
        ALARMS + "test_an_alarm_that_the_store_refuses_keeps_no_other_from_being_raised",
    ),
    Defect(
        "a database that does not call itself a store is passed over",
        "obec/proving.py",
        "if not verdicts and await _has_events(dsn):",
        "if not verdicts and not dsn:",
        PROVING + "test_a_database_that_does_not_call_itself_a_store_any_more_is_not_passed_over",
    ),
    Defect(
        "a verification that another answered is called whole",
        "services/reporting/proving/proofs.sql",
        "run = (SELECT min(q.run) FROM public.proofs q WHERE q.run >= r.id)",
        "run = r.id",
        PROVING + "test_who_asked_before_is_answered_by_the_verification_that_came_for_all",
    ),
    Defect(
        "an event redacted by an order that has lapsed",
        "shared/eventstore/sql/redact_order.sql",
        "AND at > clock_timestamp() - $3::interval",
        "AND $3::interval IS NOT NULL",
        REDACT + "test_what_nobody_ordered_is_no_event_or_in_use_is_not_redacted",
    ),
    Defect(
        "an event redacted by the order of another",
        "shared/eventstore/sql/redact_order.sql",
        "AND target = $2",
        "AND $2 <> ''",
        REDACT + "test_what_nobody_ordered_is_no_event_or_in_use_is_not_redacted",
    ),
    Defect(
        "an erasure seconded with other names than were proposed",
        "services/committee/erasure.py",
        'require(same, "person.other_names"',
        'require(same or True, "person.other_names"',
        ERASURE + "test_where_two_persons_decide_the_second_has_done_what_was_proposed",
    ),
    Defect(
        "names proposed for erasure kept as they are",
        "services/committee/erasure.py",
        "return {hashlib.scrypt(name.encode(), salt=bytes.fromhex(salt), **SCRYPT).hex() for name in plain}",
        "return {name for name in plain if salt}",
        ERASURE + "test_where_two_persons_decide_the_second_has_done_what_was_proposed",
    ),
    Defect(
        "an acknowledgement beside the transaction of its line in the audit",
        "services/reporting/alarms/http.py",
        "answer = await carry_out(connection, self._handler, asked)",
        "answer = await self._handler.handle(asked)",
        ALARMS + "test_an_acknowledgement_and_its_line_in_the_audit_are_one",
    ),
    Defect(
        "skips that outlive their topic",
        "shared/operating/sql/lift_skips.sql",
        "WHERE store = $1 RETURNING",
        "WHERE store = $1 AND false RETURNING",
        STORES_CLI + "test_an_event_is_redacted_as_it_was_ordered_and_its_topic_made_anew",
    ),
    # --- operators: what they see
    Defect(
        "a publisher's newest receipts not told from those before",
        "shared/operating/sql/receipts.sql",
        "r.nth > $1 AS earlier",
        "false AS earlier",
        "tests/integration/operating/test_parked.py::test_a_publisher_whose_facts_begin_to_be_refused_is_seen",
    ),
    Defect(
        "a mail server's certificate not looked at",
        "services/reporting/alarms/channels.py",
        "client.starttls(context=ssl.create_default_context())",
        "client.starttls(context=ssl._create_unverified_context())",
        ALARMS + "test_a_letter_goes_over_tls_to_who_knows_the_password_and_waits_where_that_is_wrong",
    ),
    Defect(
        "what a mail server says of a login written into the log",
        "services/reporting/alarms/channels.py",
        'raise NotSent(f"the login as {self._server.user} is refused ({error.smtp_code})") from None',
        "raise NotSent(str(error)) from None",
        ALARMS + "test_a_letter_goes_over_tls_to_who_knows_the_password_and_waits_where_that_is_wrong",
    ),
    Defect(
        "a consumer that has stopped is called well",
        "shared/operating/verdicts.py",
        """    if lives == "gone":\n        return "stopped"\n    if paused:""",
        "    if paused:",
        "tests/unit/operating/test_verdicts.py::"
        "test_a_consumer_of_which_no_process_lives_is_stopped_even_with_nothing_to_read",
    ),
    Defect(
        "an alarm raised again while it is open",
        "services/reporting/alarms/running.py",
        "if stream not in known or not known[stream].is_open",
        "if stream not in known or known[stream].occurrence",
        "tests/unit/reporting/test_alarm.py::test_what_holds_is_raised_and_what_holds_no_more_is_cleared",
    ),
    Defect(
        "somebody is told of what was silenced",
        "services/reporting/alarms/outbox.py",
        "silent = [stream for stream, each in standing.items() if each.alarm.is_silent(now)]",
        "silent = [stream for stream in standing if now is None]",
        ALARMS + "test_nobody_is_told_of_what_is_silenced_until_the_silence_ends",
    ),
    Defect(
        "a canary counted among the events",
        "services/reporting/projections/projection.py",
        "told = [event for event in events if not is_canary(event)] if canaries else events",
        "told = events",
        "tests/integration/operating/test_canary.py::test_no_view_export_lineage_or_list_of_changes_knows_of_canaries",
    ),
    Defect(
        "the monitor counts again what is sent again",
        "services/reporting/monitor/monitor.sql",
        "    FROM news\n    GROUP BY minute",
        "    FROM unnest($2::text[], $6::text[], $7::text[],\n"
        "                $11::timestamptz[], $12::timestamptz[], $13::timestamptz[])\n"
        "        AS news (store, type, publisher, occurred_at, recorded_at, received_at)\n    GROUP BY minute",
        "tests/integration/operating/test_monitor.py::"
        "test_events_are_counted_once_whatever_is_sent_again_and_whoever_dies",
    ),
    # --- operators: what they prove
    Defect(
        "a changed byte passes for verified",
        "shared/eventstore/verify.py",
        "if data is not None and sha256(salt + data).digest() != data_hash:",
        "if data is not None and not data_hash:",
        VERIFY + "test_one_changed_byte_is_found_and_its_position_named",
    ),
    Defect(
        "a message that no store knows passes for verified",
        "shared/eventstore/agreement.py",
        """            return f"position {position} is not in the store\"""",
        """            return \"\"""",
        PROVING + "test_a_message_inserted_in_a_topic_is_named_by_its_offset_until_an_operator_leaves_it_out",
    ),
    Defect(
        "a row of a view that differs passes for verified",
        "obec/recount.py",
        "view.rows(world), [dict(row) for row in rows])",
        "view.rows(world), [*view.rows(world)])",
        PROVING + "test_an_edited_row_of_a_view_is_named_by_table_key_and_column",
    ),
    Defect(
        "skips not asked of reporting where another service is verified",
        "obec/proving.py",
        "dsn = where.dsns.get(REPORTING) or where.skips",
        "dsn = where.dsns.get(REPORTING)",
        STORES_CLI + "test_a_skipped_record_is_said_to_be_and_any_other_is_a_difference",
    ),
    Defect(
        "one skip taken for the explanation of every difference",
        "shared/eventstore/agreement.py",
        "if record.offset not in left_out:",
        "if not left_out:",
        STORES_CLI + "test_a_skipped_record_is_said_to_be_and_any_other_is_a_difference",
    ),
    Defect(
        "a restore that was cut off leaves no mark",
        "obec/backups.py",
        "        await mark(owners[service], str(backup.folder.absolute()))",
        "        continue",
        STORES_CLI + "test_a_restore_that_was_killed_is_found_and_finished_by_the_next",
    ),
    Defect(
        "the mark of a restore that was cut off not looked for",
        "shared/process.py",
        "            await require_whole(store.pool)",
        "            assert require_whole",
        STORES_CLI + "test_a_restore_that_was_killed_is_found_and_finished_by_the_next",
    ),
    # --- what is shown
    Defect(
        "Excel rounds the last instant of a day to the next day",
        "services/reporting/exports/excel.py",
        "astimezone(BANGKOK).replace(microsecond=0, tzinfo=None)",
        "astimezone(BANGKOK).replace(tzinfo=None)",
        "tests/integration/reporting/test_exports.py::test_a_workbook_says_what_it_is_as_of",
    ),
    Defect(
        "a spreadsheet carries text out",
        "services/reporting/exports/csv.py",
        """return f"'{value}" if value.startswith(FORMULA) else value""",
        "return value",
        "tests/unit/reporting/test_tables.py::test_no_text_is_carried_out_by_a_spreadsheet",
    ),
    Defect(
        "changes are told against the present for either time",
        "services/reporting/queries/asked.py",
        "positions = await _positions(answer.connection, as_of)",
        "positions = [*answer.positions]",
        "tests/integration/reporting/test_changes.py::test_a_figure_that_moved_is_told_with_what_it_was",
    ),
    # --- asking
    Defect(
        "an answer of yesterday holds today",
        "services/reporting/queries/asked.sql",
        "        d.today::timestamp AT TIME ZONE 'Asia/Bangkok',\n",
        "        NULL,\n",
        CONVENTIONS + "test_what_is_due_turns_at_midnight_though_nothing_is_recorded",
    ),
    Defect(
        "a later page is of a later look",
        "services/reporting/http.py",
        "replace(asked, frozen=page.frozen)",
        "replace(asked, frozen=None)",
        CONVENTIONS + "test_pages_are_of_one_look_whatever_is_recorded_between_them",
    ),
    Defect(
        "rows of other regions are kept",
        "services/reporting/narrowing.py",
        "return in_region and in_period",
        "return in_period",
        CONVENTIONS + "test_a_region_and_a_period_narrow_the_rows_and_change_no_figure",
    ),
    Defect(
        "who comes back begins anew",
        "services/reporting/following.py",
        "told = tuple(since) if since is not None else self._reached",
        "told = self._reached",
        "tests/integration/reporting/test_stream.py::test_who_comes_back_hears_what_was_missed_and_nothing_twice",
    ),
    Defect(
        "a page is told of what it shows",
        "services/reporting/following.py",
        "moved, reached = self._moved, _ahead(told, self._reached)",
        "moved, reached = self._moved, self._reached",
        "tests/unit/reporting/test_following.py::test_a_page_that_is_ahead_of_the_watch_is_not_told_what_it_shows",
    ),
    Defect(
        "a score is explained by bands that nobody knew of then",
        "services/reporting/queries/events.sql",
        "JOIN known k ON k.store = e.store AND k.shard = e.shard AND e.position <= k.position\nWHERE e.programme",
        "WHERE e.programme",
        CONVENTIONS + "test_a_score_shows_its_working_by_the_bands_that_were_known_then",
    ),
    Defect(
        "receipts in the order of their times alone",
        "services/reporting/receipts.py",
        """merge(*told, key=lambda each: (each["decided_at"], each["service"]))""",
        """sorted([each for its in told for each in its], key=lambda each: each["decided_at"])""",
        "tests/unit/reporting/test_receipts.py::test_no_receipt_is_left_out_though_a_later_one_was_decided_before_it",
    ),
    Defect(
        "a list that is not paged leads to a next page",
        "services/reporting/http.py",
        "link = {} if whole else page.link",
        "link = page.link",
        CONVENTIONS + "test_a_file_of_a_list_that_is_not_paged_leads_to_no_next_page",
    ),
    Defect(
        "the way is measured from the wrong band",
        "services/reporting/working.py",
        "share = (figure - low) / (high - low)",
        "share = (high - figure) / (high - low)",
        "tests/unit/reporting/test_working.py::test_the_steps_lead_to_the_score_of_the_policy",
    ),
    # --- signing in, and reports
    Defect(
        "a session that never ends",
        "shared/web/session.py",
        'who["expires"] <= time.time()',
        'who["expires"] <= 0',
        "tests/unit/web/test_session.py::test_a_session_that_is_over_is_nobodys",
    ),
    Defect(
        "any form is taken",
        "shared/web/session.py",
        "if not expected or not same or not _sent_from_here(request):",
        "if not expected or not _sent_from_here(request):",
        "tests/unit/web/test_session.py::test_a_form_that_does_not_know_the_session_is_refused",
    ),
    Defect(
        "a code without its verifier",
        "deploy/local/authorizing.py",
        "or challenge_of(verifier) != grant.asked.challenge:",
        "or not grant.asked.challenge:",
        "tests/integration/test_issuer.py::test_a_code_is_for_who_asked_for_it",
    ),
    Defect(
        "a drafter approves their own report",
        "services/reporting/report.py",
        "    _require_follows(Status.APPROVED, report.status)\n    _require_other(context.actor, draft)\n",
        "    _require_follows(Status.APPROVED, report.status)\n",
        "tests/unit/reporting/test_report.py::test_who_drafted_a_report_does_not_judge_it",
        "    if report.approved is not None:\n        _require_other(report.approved.approver, report.drafted())\n",
        "",
    ),
    Defect(
        "an earlier draft takes the place of the one that was approved",
        HISTORY,
        "    if aggregate.steps and last.id != fact.event_id:\n",
        "    if aggregate.steps and last is None:\n",
        "tests/unit/reporting/test_report.py::"
        "test_what_was_approved_is_not_made_an_earlier_draft_by_voiding_the_newest",
    ),
    Defect(
        "files of another draft are published",
        "services/reporting/report.py",
        '    require(_same(draft, command.draft), "report.not_approved")\n',
        "",
        "tests/unit/reporting/test_report.py::test_files_that_were_made_of_another_draft_are_not_published",
    ),
    Defect(
        "an archived file is given out unchecked",
        "services/reporting/documents/archive.py",
        "if found is None or sha256(found) != digest:",
        "if found is None:",
        "tests/integration/reporting/test_reports.py::test_a_spoilt_file_is_never_given_out",
    ),
    # --- the rules
    Defect(
        "today's roll for the quorum",
        "services/activity/meeting.py",
        "Roster.at(programme, region, started_at)]",
        "Roster.at(programme, region, started_at.replace(year=9999))]",
        "tests/integration/activity/test_what_others_told.py::"
        "test_the_roll_is_that_of_the_meetings_time_and_not_todays",
    ),
    Defect(
        "half-even rounding",
        "services/evaluation/scoring.py",
        "return number.quantize(CENT, ROUND_HALF_UP, _EXACT)",
        'return number.quantize(CENT, "ROUND_HALF_EVEN", _EXACT)',
        "tests/unit/evaluation/test_scoring.py::test_halves_go_up_and_not_to_the_even_neighbour",
    ),
    Defect(
        "FactVoided ignored in the fold",
        HISTORY,
        "facts = [each for each in kept if each.id not in voided and",
        "facts = [each for each in kept if (voided or True) and",
        "tests/unit/activity/test_plan.py::test_an_activity_whose_completion_is_voided_is_under_way_again",
    ),
    Defect(
        "order of back-dated facts ignored",
        HISTORY,
        "return sorted(facts, key=lambda each: (each.occurred_at, each.position))",
        "return sorted(facts, key=lambda each: each.position)",
        "tests/unit/activity/test_budget.py::test_what_was_allocated_later_does_not_pay_for_what_came_before",
    ),
    Defect(
        "what a back-dated fact breaks later not looked at",
        HISTORY,
        'raise Rejected("effective.contradicts_later", broken=broken.code) from broken',
        "break",
        "tests/unit/activity/test_budget.py::test_a_payment_told_late_leaves_enough_for_those_after_it",
    ),
    Defect(
        "a figure verified by who reported it",
        "services/evaluation/measurement.py",
        'require(context.actor != current.reporter, "measurement.verifier_is_reporter")',
        "assert context",
        "tests/unit/evaluation/test_measurement.py::test_who_reported_does_not_verify",
        'require(not own, "measurement.verifier_is_reporter")',
        "assert own is not None",
    ),
    Defect(
        "figures of a closed period are voided",
        "services/evaluation/measurement.py",
        '    require(not closed, "period.closed", period=measurement.period)\n',
        "    assert closed is not None\n",
        "tests/unit/evaluation/test_measurement.py::test_of_a_closed_period_nothing_is_voided_until_it_is_reopened",
    ),
    Defect(
        "a definition that scores a closed period is voided",
        "services/evaluation/indicators.py",
        "needed = any(each.event == fact.event_id for each in definitions.values())",
        "needed = not definitions",
        "tests/unit/evaluation/test_indicators.py::"
        "test_a_definition_that_scores_a_closed_period_is_not_voided_until_it_is_reopened",
    ),
    Defect(
        "a publisher reads in the services' groups",
        "services/committee/publishers.py",
        "require(event.publisher != OWN, ",
        "require(event.publisher, ",
        "tests/unit/committee/test_publishers.py::test_no_publisher_has_the_name_that_the_services_groups_begin_with",
    ),
    Defect(
        "a number that no column holds stops a reader for ever",
        "shared/contracts/envelope.py",
        "    if not (0 <= shard < _LARGEST_SHARD",
        "    if not (True or 0 <= shard < _LARGEST_SHARD",
        "tests/unit/contracts/test_records.py::test_what_no_database_could_keep_is_no_event",
    ),
    Defect(
        "a reaction passes over what a topic made anew holds",
        "shared/streams/agent.py",
        "        if end < claimed.next_offset:\n",
        "        if end < 0:\n",
        "tests/integration/streams/test_agent.py::test_a_topic_that_was_made_anew_is_not_taken_for_one_that_was_read",
    ),
    Defect(
        "a rule keeps to an amendment that was voided",
        "services/activity/reactions.py",
        "if self._facts is None or recorded.stream.startswith(_PROGRAMMES):",
        'if self._facts is None or recorded.event.spec.name == "ProgrammeAmended":',
        "tests/integration/activity/test_what_others_told.py::"
        "test_an_amendment_that_was_voided_moves_the_plan_no_longer",
    ),
    Defect(
        "a row's values move into other columns",
        "shared/kit/files.py",
        "if any(each.strip() for each in (beyond if isinstance(beyond, list) else ())):",
        "if beyond is ...:",
        "tests/unit/kit/test_files.py::test_a_value_with_a_comma_that_nobody_quoted_moves_no_other",
    ),
    Defect(
        "what is told late waits for a committee that is not meant",
        "services/committee/facts.py",
        "    return known if then.status is Status.APPOINTED else where\n",
        "    return where if then else known\n",
        FACTS + "test_what_is_told_late_is_of_the_committee_that_was_in_office_then",
    ),
)
