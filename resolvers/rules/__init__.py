"""The rules that the gateway owns: pure functions over harmonised rows and the reports of who answered."""
