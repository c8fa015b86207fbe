"""One URLconf per portal; common.portals chooses."""
