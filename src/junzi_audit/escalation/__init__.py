"""From a finished run to people and procedures: who is told what, how, and what a node is made to do."""
