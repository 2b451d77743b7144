"""``python -m shared.report_json``: print the schema, for its copy in the documentation."""

import sys

from shared.report_json.schema import written_schema

sys.stdout.buffer.write(written_schema())
