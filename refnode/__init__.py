"""An honest small JUNZI node on loopback: the audit's embedded target, written from docs/TARGET_CONTRACT.md alone."""

VERSION = "1.4.0"
MODEL_VERSION = "risk-2026.3"
NODE = "junzi-refnode-1"
