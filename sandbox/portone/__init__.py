"""PortOne V2 with a KG Inicis card channel: REST, browser script, pay window, signed webhooks."""
