"""Identity windows: KG Inicis by its own wire format, and the same behind PortOne."""
