"""Hands the engine's Publish on to moto, signed anew with the engine's own key.

moto checks the signature of a form by encoding the form again, as botocore would. Rust's SDK encodes it otherwise, which is as right, and
moto calls that a wrong signature, of somebody who may do anything too. So between the two the call is signed as botocore signs. Whose key it
is, and what that key may do, moto says as before. Only Publish passes."""

import contextlib
import http.server
import re
import threading
import urllib.parse

from botocore.exceptions import ClientError

ANSWER = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>{}</MessageId></PublishResult>'
    "<ResponseMetadata><RequestId>none</RequestId></ResponseMetadata></PublishResponse>"
)


def request_of(form: dict[str, str]) -> dict:
    if form["Action"] != "Publish":
        raise ValueError(form["Action"])
    attributes = {}
    for key, name in form.items():
        entry = re.fullmatch(r"MessageAttributes\.entry\.(\d+)\.Name", key)
        if entry:
            value = f"MessageAttributes.entry.{entry[1]}.Value"
            attributes[name] = {"DataType": form[f"{value}.DataType"], "StringValue": form[f"{value}.StringValue"]}
    held = {name: form[name] for name in ("TopicArn", "Message", "Subject") if name in form}
    return {**held, "MessageAttributes": attributes}


@contextlib.contextmanager
def gateway(client, access_key: str):
    """Its address; it takes what is signed with this key."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            if f"Credential={access_key}/" not in self.headers.get("Authorization", ""):
                self.answer(403, "somebody else's key")
                return
            form = dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
            try:
                self.answer(200, ANSWER.format(client.publish(**request_of(form))["MessageId"]))
            except ClientError as error:
                self.answer(error.response["ResponseMetadata"]["HTTPStatusCode"], str(error))

        def answer(self, status: int, text: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
