"""What people read: worklists as web page, workbook and CSV, and the report of a phase."""

from omdrisk.reports.feature_audit import write_feature_audit
from omdrisk.reports.phase_report import CAUSES, SIMULATED, UNKNOWN, HeadReport, write_report_html
from omdrisk.reports.plain import guarded, plain, write_csv
from omdrisk.reports.referral import write_referrals
from omdrisk.reports.warning import warning_text
from omdrisk.reports.worklist_file import write_worklist, write_worklists
from omdrisk.reports.worklist_html import write_worklist_html
from omdrisk.reports.worklist_xlsx import write_worklist_xlsx

__all__ = [
    "CAUSES",
    "SIMULATED",
    "UNKNOWN",
    "HeadReport",
    "guarded",
    "plain",
    "warning_text",
    "write_csv",
    "write_feature_audit",
    "write_referrals",
    "write_report_html",
    "write_worklist",
    "write_worklist_html",
    "write_worklist_xlsx",
    "write_worklists",
]
