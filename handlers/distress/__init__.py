"""Distress: a cry for help, or words of somebody who has no wish to live. People come at once."""
