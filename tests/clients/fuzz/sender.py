"""Sends raw gRPC messages, which no Flight client would let through; runs in an environment with nothing but grpcio.

Its one argument is the address. Each line in is a call, ``{"method", "metadata", "messages"}`` with messages in base64;
each line out is ``[status, text, answers]`` of the call in the same place.
"""

import base64
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import grpc

SERVICE = "/arrow.flight.protocol.FlightService/"
AT_ONCE = 4
SECONDS = 20


def main(address):
    with grpc.insecure_channel(address) as channel, ThreadPoolExecutor(AT_ONCE) as pool:
        for outcome in pool.map(lambda line: sent(channel, json.loads(line)), sys.stdin):
            print(json.dumps(outcome))


def sent(channel, call):
    # Every call is sent as a stream of messages: on the wire a single message is a stream of one.
    method = channel.stream_stream(SERVICE + call["method"])
    messages = [base64.b64decode(message) for message in call["messages"]]
    answers = 0
    try:
        for _ in method(iter(messages), metadata=[tuple(pair) for pair in call["metadata"]], timeout=SECONDS):
            answers += 1
    except grpc.RpcError as error:
        return [error.code().name, error.details() or "", answers]
    return ["OK", "", answers]


main(sys.argv[1])
