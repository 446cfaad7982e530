"""What a person decides on: candidates, codebooks, queries, citations, memos."""
