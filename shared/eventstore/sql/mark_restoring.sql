INSERT INTO public.restoring (folder) VALUES ($1)
ON CONFLICT (only_one) DO UPDATE SET folder = excluded.folder, begun_at = excluded.begun_at
