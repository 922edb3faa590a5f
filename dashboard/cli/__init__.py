"""The command `sluice`: everything that runs, sets up or repairs an installation.

program.py   Commands and their options; imports what a command needs when it runs
control.py   setup, web, work, manage: processes of the control plane
backups.py   backup and restore
doctor.py    doctor; its texts are in doctor_messages.py
messages.py  Texts in the terminal

`sluice edge` runs `routing.agent`, without Django. `make run` calls the same parts.
"""
