"""What one request may ask for, measured on the document alone."""

from gateway.limits.document import DocumentLimits, check_document

__all__ = ["DocumentLimits", "check_document"]
