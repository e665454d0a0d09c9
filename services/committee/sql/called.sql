SELECT array_remove(ARRAY[display_name, ref], NULL) FROM persons WHERE person_id = $1
