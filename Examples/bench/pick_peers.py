#!/usr/bin/env python3
"""Picks each group's best-scored record with another program: what pick.py compares grape-pick with.

usage: pick_peers.py duckdb|duckdb-columns|polars|orjson SCORED THREADS > picks.jsonl

The picks come in any order, except orjson's, which are in that of their groups; records are written with or without
their `grape` member, whichever costs the program less. PICK_MEMORY limits DuckDB's memory (`1GB`).
"""
import os
import sys

program, path, threads = sys.argv[1:]
os.environ["POLARS_MAX_THREADS"] = threads


def duckdb(query):
    import duckdb

    connection = duckdb.connect()
    connection.execute(f"SET threads = {threads}")
    connection.execute("SET preserve_insertion_order = false")
    if "PICK_MEMORY" in os.environ:
        connection.execute(f"SET memory_limit = '{os.environ['PICK_MEMORY']}'")
    connection.execute(query)


if program == "duckdb":
    # Records as texts, of which two members are taken out.
    duckdb(f"""
        COPY (SELECT arg_max(json, CAST(json->>'$.grape.score' AS DOUBLE))
              FROM read_ndjson_objects('{path}') GROUP BY json->>'$.grape.group')
        TO '/dev/stdout' (FORMAT csv, HEADER false, QUOTE '', DELIMITER '\x01')""")
elif program == "duckdb-columns":
    # Records as columns, written as JSON again.
    duckdb(f"""
        COPY (SELECT unnest(arg_max(record, record.grape.score)) FROM (
              SELECT record FROM read_ndjson('{path}', columns = {{
                id: 'VARCHAR', instruction: 'VARCHAR', response: 'VARCHAR', source: 'VARCHAR',
                grape: 'STRUCT("group" VARCHAR, score DOUBLE)'}}) record) GROUP BY record.grape."group")
        TO '/dev/stdout' (FORMAT json)""")
elif program == "polars":
    import polars

    text = polars.String
    frame = polars.scan_ndjson(path, schema={
        "id": text, "instruction": text, "response": text, "source": text,
        "grape": polars.Struct({"group": text, "score": polars.Float64})})
    score = polars.col("grape").struct.field("score")
    frame.group_by(polars.col("grape").struct.field("group")).agg(
        polars.col("id", "instruction", "response", "source").get(score.arg_max())
    ).drop("group").collect().write_ndjson(sys.stdout.buffer)
elif program == "orjson":
    import orjson

    best = {}
    with open(path, "rb") as file:
        for line in file:
            grape = orjson.loads(line)["grape"]
            group, score = grape["group"], grape["score"]
            if group not in best or score > best[group][0]:
                best[group] = (score, line)
    for _, line in best.values():
        sys.stdout.buffer.write(line)
