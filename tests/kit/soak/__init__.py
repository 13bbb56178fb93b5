"""Load while agencies break in turn: whether every answer is complete or says what it lacks, and nothing leaks."""
