"""What strangers and signed-in people can try to slow the dashboard down.

attacks.py          Attacks on the dashboard's listener, each for some seconds
insider_attacks.py  What one signed-in person or token can try, each from many threads
insiders.py         What a person notices while another signed-in person, or a token, takes
                    all that it can
strangers.py        What a signed-in person notices while strangers abuse the dashboard's
                    listener
"""
