"""What runs in the background: wake-up calls over state in the database, and the jobs that they wake.

A wake-up call may be lost, and may come twice: what is to be done stands in the database, and a sweep finds it there.
"""

from rebond.jobs.asking import ask, use

__all__ = ["ask", "use"]
