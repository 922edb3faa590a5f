"""What goes in and out of the API as JSON and multipart.

annotations.py      Annotations
bindings.py         Bindings on the wire ↔ bindings in a draft
module_content.py   A version's modules, given back as they were uploaded
schemas.py          What answers hold
settings_schema.py  A Worker's settings that are not versioned, as the wire has them
upload_metadata.py  Upload metadata on the wire → a draft, and the settings that are not
                    versioned
version_json.py     Rows as the wire has them
"""
