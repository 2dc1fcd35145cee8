"""What is said to whoever teaches us to hear."""

THANKS = "记下了，会学着听懂。她要是有急事，请您先去看看。"
HOW = "请这样回：漏报 她的原话"
