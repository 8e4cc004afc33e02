"""HL7 v2 over MLLP: the listener, its frames, and which feed a sender speaks through."""
