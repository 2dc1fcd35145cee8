"""What is said to somebody we do not know."""

WELCOME = "您好，这里是守望。您还没登记，请找组长要6位数字，发到这里。急事请打120。"
