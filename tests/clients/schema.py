"""Checks each description of a sender with the JSON Schema, by the reference library for Python."""

import json
import pathlib
import sys

import jsonschema

senders = pathlib.Path(__file__).parents[2] / "senders"
validator = jsonschema.Draft202012Validator(json.loads((senders / "schema.json").read_text()))
validator.check_schema(validator.schema)
files = sorted(set(senders.glob("*.json")) - {senders / "schema.json"})
failed = False
for file in files:
    for error in validator.iter_errors(json.loads(file.read_text())):
        failed = True
        print(f"FAILED: {file.name}, {error.json_path}: {error.message[:200]}")
print(f"{len(files)} descriptions fit the schema" if not failed else "some descriptions do not fit the schema")
sys.exit(failed)
