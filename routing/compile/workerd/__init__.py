"""workerd's half: the configuration of one version's process.

bindings.py  Upload bindings as workerd's bindings
config.py    The door to workerd's half
modules.py   Uploaded parts as workerd's modules
services.py  Service bindings
slots.py     What the agent tells `runtime/service.js`
"""
