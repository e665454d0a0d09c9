-- Published reports' content and files, found by the hash that the event names.

-- name: add_content
INSERT INTO public.report_content (programme, edition, sha256, content) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING

-- name: add_file
INSERT INTO public.report_file (programme, edition, name, media_type, sha256, size, bytes) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING

-- name: content
SELECT content FROM public.report_content WHERE programme = $1 AND edition = $2 AND sha256 = $3

-- name: file
SELECT bytes FROM public.report_file WHERE programme = $1 AND edition = $2 AND name = $3 AND sha256 = $4
