SELECT o.kind, o.sealed, o.kept_until, k.key
FROM originals o JOIN original_keys k USING (source, id)
WHERE o.publisher = $1 AND o.source = $2 AND o.id = $3 AND o.kept_until > now()
