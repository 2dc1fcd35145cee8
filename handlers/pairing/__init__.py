"""Tying a phone to a person: six digits on paper, or a QR code, handed over in person."""
