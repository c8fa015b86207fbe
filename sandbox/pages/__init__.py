"""What people see of the sandbox: plain functions that return escaped HTML."""
