# sourced: a folder and a port for a server of one's own, so that two measurements (of two work trees) never meet
OWN=$(mktemp -d); export RUN=$OWN
export PORT_OWN=$(python3 -c 'import socket
while True:
    with socket.socket() as a, socket.socket() as b:
        a.bind(("127.0.0.1", 0)); port = a.getsockname()[1]
        try: b.bind(("127.0.0.1", port + 1))
        except OSError: continue
        print(port); break')
