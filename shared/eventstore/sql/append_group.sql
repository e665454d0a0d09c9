SELECT * FROM append_group(
    $1::int[],
    $2::text[], $3::text[], $4::bytea[], $5::text[], $6::int[], $7::timestamptz[], $8::text[],
    $9::int[], $10::text[], $11::int[],
    $12::int[], $13::text[], $14::text[], $15::text[], $16::boolean[],
    $17::int[], $18::int[], $19::text[], $20::int[], $21::uuid[], $22::text[], $23::int[],
    $24::timestamptz[], $25::text[], $26::text[], $27::bytea[], $28::boolean[],
    $29::int[], $30::text[], $31::text[], $32::text[], $33::text[], $34::boolean[],
    $35::text[], $36::text[], $37::timestamptz[], $38::timestamptz[], $39::bigint[]
)
