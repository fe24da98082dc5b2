"""The frame of every page, and the first one."""
