"""Stand-ins for the outside services, run as a process of their own. The product never imports them, nor they the product."""
