"""The audit log: what was scored, listed and told, by which model, for whom and when; a bent line is found.

The log is JSON Lines, one object a line, in ASCII. Line n names the SHA-256 digest of line n - 1 (a hash chain as in
Haber and Stornetta, "How to time-stamp a digital document", Journal of Cryptology 3, 1991), so a line that is changed,
cut or moved breaks the chain behind it. The digest of the last line is kept beside the log (``FILE.head``), and
`Receipt` puts it on paper or in a mail: whoever holds a receipt can prove that the log was cut or written anew.
"""

from omdrisk.scoring.audit.auditor import Auditor, pseudonym
from omdrisk.scoring.audit.log import AuditLog, Receipt
from omdrisk.scoring.audit.replay import replay
from omdrisk.scoring.audit.rows import input_digests
from omdrisk.scoring.audit.verify import Fault, Verified, verify

__all__ = [
    "AuditLog",
    "Auditor",
    "Fault",
    "Receipt",
    "Verified",
    "input_digests",
    "pseudonym",
    "replay",
    "verify",
]
