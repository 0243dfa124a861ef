"""What a target's file may declare, table by table, and what may be wrong with it."""
