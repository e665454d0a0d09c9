SELECT o.source, o.id, o.sealed, k.key FROM originals o JOIN original_keys k USING (source, id)
