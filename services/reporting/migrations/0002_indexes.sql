-- Indexes by which an answer reads the rows of its own programme alone, however many others there are.

SELECT set_config('search_path', coalesce(nullif(current_setting('reporting.schema', true), ''), 'reporting'), true);

CREATE INDEX measurement_programme ON measurement (programme);
CREATE INDEX score_programme ON score (programme);
CREATE INDEX visit_programme ON visit (programme);
CREATE INDEX recommendation_programme ON recommendation (programme);
CREATE INDEX briefing_programme ON briefing (programme);
CREATE INDEX acknowledgement_programme ON acknowledgement (programme);

-- Streams of a programme by the beginning of their names.
CREATE INDEX events_programme_stream ON events (programme, stream);

-- Single events, by their ids.
CREATE INDEX events_id ON events (event_id);

-- When orders come into effect: the figures of now turn then.
CREATE INDEX committee_valid_from ON committee (valid_from);

SET LOCAL search_path TO DEFAULT;
