"""The development stack: what bin/up and bin/test start. Nothing of it runs in production."""
