-- Published reports against the archive.

-- name: published
SELECT stream, stream_version, type, data FROM public.events
WHERE type LIKE '%.ReportPublished.v%' AND data IS NOT NULL ORDER BY shard, position

-- name: content
SELECT content FROM public.report_content WHERE programme = $1 AND edition = $2 AND sha256 = $3

-- name: file
SELECT media_type, size, bytes FROM public.report_file
WHERE programme = $1 AND edition = $2 AND name = $3 AND sha256 = $4
