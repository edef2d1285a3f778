#!/usr/bin/env python3
"""Runs a layout of two gateways before three nodes, and counts the reads that fail while parts of it die.

    scripts/check-two-gateways.py haproxy|keepalived|compose PROGRAM [4]        PROGRAM: a bllvmctl

With 4, a fourth node is added to the files, as contrib/README.md says. As root, with BITCOIND_EXE, redis-server, and haproxy or keepalived (compose: haproxy and dnsmasq). Each machine or
container of the layout is a network namespace with the address that the files in contrib/ have; those files are used as
they are, but for paths, users and the chain. What systemd does is done here as the units say: restarts, and the socket that
it holds; of Docker, its names. About a minute; a table is printed, and the exit code is 1 if a read failed that was not in
flight at the gateway that died.
"""

import base64
import ctypes
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
CONTRIB = HERE / "contrib"
GATEWAYS = {"first": "10.0.0.1", "second": "10.0.0.2"}
# What systemd does, as units and drop-ins say; the restarts of Docker begin with a pause of 100 ms.
UNITS = {
    "haproxy": ["systemd/bllvmctl.service"],
    "keepalived": ["systemd/sockets/bllvmctl.socket", "keepalived/listen.conf", "systemd/bllvmctl.service", "keepalived/restart.conf"],
    "compose": ["keepalived/restart.conf"],
}
NEEDS = {"haproxy": ["haproxy"], "keepalived": ["keepalived"], "compose": ["haproxy", "dnsmasq"]}
NODES = {"a": "10.0.0.11", "b": "10.0.0.12", "c": "10.0.0.13"}
if sys.argv[3:] == ["4"]:
    NODES["d"] = "10.0.0.14"
MACHINES = {**GATEWAYS, **NODES, "redis": "10.0.0.20", "proxy": "10.0.0.30"}
CLIENTS = [f"10.0.0.{last}" for last in range(40, 48)]
FLOATING = "10.0.0.100"
PASSWORD = "secret"
READS = [
    {"id": 1, "method": "getblockcount", "params": []},
    {"id": 2, "method": "getblockhash", "params": [1]},
    {"id": 3, "method": "getmempoolinfo", "params": []},
]
PATIENCE = 30


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)


def wait_until(what, good):
    """Waits until `good()` is true, which may also fail."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            if good():
                return
        except (OSError, ValueError, http.client.HTTPException):
            pass
        if time.monotonic() > until:
            sys.exit(f"waited {PATIENCE} s for {what}")
        time.sleep(0.02)


def on(machine, work):
    """Does `work` in the network of `machine`; programs that it starts are in it too."""
    done = []

    def inside():
        enter(machine)
        done.append(work())

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    return done[0]


def enter(machine):
    libc = ctypes.CDLL(None, use_errno=True)
    new_network = 0x40000000
    with open(f"/run/netns/{machine}") as network:
        if libc.setns(network.fileno(), new_network) != 0:
            raise OSError(ctypes.get_errno(), f"cannot enter the network of {machine}")


def make_network():
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "switch", "type", "bridge")
    run("ip", "link", "set", "switch", "up")
    for name, address in [*MACHINES.items(), ("clients", CLIENTS[0])]:
        run("ip", "netns", "add", name)
        run("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        run("ip", "link", "set", f"to-{name}", "master", "switch", "up")
        for words in (["addr", "add", f"{address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"], ["link", "set", "lo", "up"]):
            run("ip", "-n", name, *words)
    for address in CLIENTS[1:]:
        run("ip", "-n", "clients", "addr", "add", f"{address}/24", "dev", "eth0")


class Program:
    """A program on a machine, with what it prints in a file."""

    def __init__(self, machine, words, **more):
        self.machine, self.words, self.more = machine, [str(word) for word in words], more
        self.log = open(WORK / f"{machine}.log", "ab")
        self.start()

    def start(self):
        spawn = lambda: subprocess.Popen(
            self.words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **self.more
        )
        self.process = on(self.machine, spawn)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Service(Program):
    """bllvmctl under a service manager, which does what the units say."""

    def __init__(self, machine, config, units):
        self.pause = seconds(last(units, "RestartSec"))
        self.wanted = True
        words, more = [BLLVMCTL, "serve", "--config", config], {}
        listen = last(units, "ListenStream")
        if listen:
            host, port = listen.rsplit(":", 1)
            self.socket = on(machine, lambda: socket.create_server((host, int(port)), backlog=int(last(units, "Backlog"))))
            fd = self.socket.fileno()
            activation = f'exec 3<&{fd}; export LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES={last(units, "FileDescriptorName")}'
            words = ["bash", "-c", f'{activation}; exec "$@"', "bash", *words]
            more = {"pass_fds": [fd]}
        super().__init__(machine, words, **more)
        threading.Thread(target=self.keep, daemon=True).start()

    def keep(self):
        """Restart=on-failure."""
        while True:
            process = self.process
            if process.wait() == 0 or not self.wanted:
                # One that was stopped is started by whoever stopped it.
                while self.process is process:
                    time.sleep(0.005)
                continue
            time.sleep(self.pause)
            self.start()

    def restart(self):
        process = self.process
        process.terminate()
        if process.wait() != 0:
            sys.exit(f"{self.machine} did not stop with 0: {process.returncode}")
        self.start()

    def is_ready(self):
        return on(self.machine, lambda: answer("127.0.0.1", 18332, "/health/ready").status == 200)


def last(units, key):
    """The value of `key` that is in force in a unit and its drop-ins."""
    values = re.findall(rf"^{key}=(.*)$", "\n".join(units), re.MULTILINE)
    return values[-1] if values else ""


def seconds(text):
    number, unit = re.fullmatch(r"([0-9.]+)(ms|s)", text).groups()
    return float(number) / (1000 if unit == "ms" else 1)


def answer(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=2)
    try:
        connection.request("GET", path)
        got = connection.getresponse()
        got.body = got.read()
        return got
    except OSError:
        return type("None", (), {"status": 0, "body": b""})
    finally:
        connection.close()


def rpcauth(user):
    salt = "00112233445566778899aabbccddeeff"
    return f"{user}:{salt}${hmac.new(salt.encode(), PASSWORD.encode(), hashlib.sha256).hexdigest()}"


def start_nodes():
    nodes = {}
    for name, address in NODES.items():
        folder = WORK / f"node-{name}"
        folder.mkdir()
        words = [os.environ["BITCOIND_EXE"], "-regtest", f"-datadir={folder}", "-server", "-listenonion=0", "-natpmp=0",
                 "-dnsseed=0", "-fixedseeds=0", "-printtoconsole=0", "-rpcport=8332", "-port=8333", f"-bind={address}",
                 f"-rpcbind={address}", "-rpcallowip=10.0.0.0/24"]
        words += [f"-rpcauth={rpcauth(user)}" for user in ("bllvmctl", "alice")]
        words += [f"-addnode={other}:8333" for other in NODES.values() if other != address]
        nodes[name] = Program(name, words)
    wait_until("nodes that answer", lambda: all(call(name, "getblockcount") == 0 for name in NODES))
    wait_until("peers", lambda: all(len(call(name, "getpeerinfo")) >= 2 for name in NODES))
    call("a", "generatetodescriptor", 3, "raw(51)")
    wait_until("one chain", lambda: all(call(name, "getblockcount") == 3 for name in NODES))
    for name in NODES:
        call(name, "gettxoutsetinfo")
    return nodes


def call(node, method, *params):
    """A call to a node itself."""
    def ask():
        connection = http.client.HTTPConnection(NODES[node], 8332, timeout=5)
        connection.request("POST", "/", json.dumps({"method": method, "params": params}), {"Authorization": LOGIN})
        return json.loads(connection.getresponse().read())["result"]
    return on("clients", lambda: caught(ask))


def caught(work):
    try:
        return work()
    except (OSError, ValueError, http.client.HTTPException):
        return [] if "peer" in str(work) else None


LOGIN = "Basic " + base64.b64encode(f"alice:{PASSWORD}".encode()).decode()


class Load:
    """Clients that read without a pause: half of them on one connection each, half on a new one for each call."""

    def __init__(self, host, port):
        self.host, self.port, self.stopping, self.calls = host, port, False, []
        self.threads = []
        for index, address in enumerate(CLIENTS):
            self.threads.append(threading.Thread(target=self.read, args=(address, index % 2 == 0)))
            self.threads[-1].start()

    def read(self, address, keeps_alive):
        enter("clients")
        connection, count = None, 0
        while not self.stopping:
            body = json.dumps(READS[count % len(READS)])
            count += 1
            begun = time.monotonic()
            was_open = connection is not None
            connection, fault = self.send(connection, address, body)
            if fault and was_open:
                # The other side had closed it. Every client sends a read again then.
                connection, fault = self.send(None, address, body)
            self.calls.append((begun, time.monotonic(), fault))
            if connection and not keeps_alive:
                connection.close()
                connection = None
            time.sleep(0.02)

    def send(self, connection, address, body):
        """The connection, if it stays open, and why there was no result."""
        connection = connection or http.client.HTTPConnection(self.host, self.port, PATIENCE, source_address=(address, 0))
        try:
            connection.request("POST", "/", body, {"Authorization": LOGIN})
            got = connection.getresponse()
            text = got.read().decode()
            fault = None if got.status == 200 and json.loads(text)["error"] is None else f"{got.status} {text.strip()[:200]}"
            if got.will_close:
                connection.close()
                return None, fault
            return connection, fault
        except (OSError, http.client.HTTPException, ValueError) as error:
            connection.close()
            return None, f"{type(error).__name__}: {error}"

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()


class Scenario:
    """What happens, one after the other, and when."""

    def __init__(self):
        self.events = []

    def event(self, name, death=None, of_gateway=False):
        """Begins one; `death`: what is done at its moment, after which no new read may fail."""
        began = time.monotonic()
        if death:
            death()
        self.events.append((name, began, time.monotonic() if of_gateway else None))

    def index_of(self, call):
        """The event that a read counts for, and whether it was in flight at the gateway that died."""
        begun, ended, fault = call
        for index, (_, began, died) in enumerate(self.events):
            # It died between the two.
            if fault and died and begun <= died and ended >= began:
                return index, True
        moment = ended if fault else begun
        return max(index for index, (_, began, _) in enumerate(self.events) if began <= moment), False

    def table(self, calls):
        """Prints it; whether nothing failed that should not."""
        good = True
        rows = [("event", "reads", "failed in flight", "failed", "slowest answer")]
        counted = [(call, *self.index_of(call)) for call in calls if call[0] >= self.events[0][1]]
        for index, (name, began, _) in enumerate(self.events):
            mine = [(call, in_flight) for call, of, in_flight in counted if of == index]
            faults = [call for call, in_flight in mine if call[2] and not in_flight]
            for begun, ended, fault in faults[:10]:
                print(f"{name}: {begun - began:+.3f} s to {ended - began:+.3f} s: {fault}", file=sys.stderr)
            good = good and not faults and len(mine) > 20
            slowest = max((ended - begun for (begun, ended, fault), _ in mine if not fault), default=0)
            in_flight = sum(in_flight for _, in_flight in mine)
            rows.append((name, len(mine), in_flight, len(faults), f"{slowest:.2f} s"))
        for row in rows:
            print("{:<36}{:>8}{:>18}{:>8}{:>16}".format(*row))
        return good


def adapted(path, *replacements):
    """A copy of a file of contrib/ for this run."""
    text = (CONTRIB / path).read_text()
    for old, new in replacements:
        if old not in text:
            sys.exit(f"{path} has no {old!r}")
        text = text.replace(old, new)
    copy = WORK / f"{len(list(WORK.iterdir()))}-{pathlib.Path(path).name}"
    copy.write_text(text)
    copy.chmod(0o600)
    return copy


def start_gateways(form):
    units = [(CONTRIB / path).read_text() for path in UNITS[form]]
    more = [("/etc/bllvmctl/node.pw", f"{WORK}/node.pw")]
    if form == "compose":
        more = [("/run/secrets/node-password", f"{WORK}/node.pw"), ("172.16.0.0/12", "10.0.0.0/24")]
    password = WORK / "node.pw"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    gateways = {}
    for name in GATEWAYS:
        (WORK / f"state-{name}").mkdir(mode=0o700)
        config = adapted(f"{form}/bllvmctl.toml", ('"/var/lib/bllvmctl"', f'"{WORK}/state-{name}"'),
                         ('chain = "main"', 'chain = "regtest"'), *more)
        add_nodes(config)
        gateways[name] = Service(name, config, units)
    for gateway in gateways.values():
        wait_until("a gateway that is ready", gateway.is_ready)
    return gateways


def add_nodes(config):
    """Adds to a configuration the nodes that it does not have: each is as the last one, with its own name and address."""
    text = config.read_text()
    for name, address in NODES.items():
        if f'name = "{name}"' in text:
            continue
        entry = text[text.rindex("[[nodes]]"):]
        entry = re.sub(r'name = ".*"', f'name = "{name}"', entry)
        # Of the compose file that is a name.
        host = f"node-{name}" if "//node-" in entry else address
        text += "\n" + re.sub(r"//.*:8332", f"//{host}:8332", entry)
    config.write_text(text)


def rotation(gateway):
    """How many nodes a gateway uses."""
    page = on(gateway, lambda: answer("127.0.0.1", 18332, "/metrics").body.decode())
    return len(re.findall(r"^bllvm_node_in_rotation\{.*\} 1$", page, re.MULTILINE))


def reads_served(gateway):
    page = on(gateway, lambda: answer("127.0.0.1", 18332, "/metrics").body.decode())
    return sum(int(count) for count in re.findall(r"^bllvm_rpc_requests_total\{.*\} (\d+)$", page, re.MULTILINE))


def holder():
    """The gateways that have the floating address."""
    has = lambda name: FLOATING in subprocess.run(["ip", "-n", name, "addr"], capture_output=True, text=True).stdout
    return [name for name in GATEWAYS if has(name)]


def name_containers():
    """The names that Docker gives containers, for libc, and over DNS for HAProxy; those of the nodes are in the file."""
    text = (CONTRIB / "compose/compose.yaml").read_text()
    names = {"gateway-a": GATEWAYS["first"], "gateway-b": GATEWAYS["second"], "redis": MACHINES["redis"]}
    hosts = [f"{address} {name}" for name, address in names.items()]
    hosts += [f"{address} {name}" for name, address in re.findall(r'"(node-\w):([0-9.]+)"', text)]
    hosts += [f"{address} node-{name}" for name, address in NODES.items() if f"node-{name}:" not in text]
    for file, lines in (("hosts", hosts), ("resolv.conf", ["nameserver 127.0.0.1"])):
        (WORK / file).write_text("\n".join(lines) + "\n")
        run("mount", "--bind", WORK / file, f"/etc/{file}")
    Program("proxy", ["dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", f"--addn-hosts={WORK}/hosts", "--user=root",
                      "--listen-address=127.0.0.1", "--bind-interfaces", f"--pid-file={WORK}/dnsmasq.pid"])


def start_redis(form):
    words = ["redis-server", adapted("haproxy/redis.conf")]
    if form == "compose":
        line = re.search(r"command: (\[\"redis-server.*\])", (CONTRIB / "compose/compose.yaml").read_text()).group(1)
        # Its image listens at all addresses.
        words = [*json.loads(line), "--bind", MACHINES["redis"], "--protected-mode", "no"]
    return Program("redis", [*words, "--dir", WORK])


def start_haproxy(form):
    Program("proxy", ["haproxy", "-db", "-f", CONTRIB / form / "haproxy.cfg"])
    return MACHINES["proxy"], 18332 if form == "compose" else 8331


def start_keepalived():
    for name, priority in (("first", "priority 150"), ("second", "priority 100")):
        config = adapted("keepalived/keepalived.conf", ("script_user bllvmctl", "script_user root"),
                         ("/usr/bin/bllvmctl", str(BLLVMCTL)), ("priority 150", priority))
        files = [f"--pid={WORK}/{name}.pid", f"--vrrp_pid={WORK}/{name}-vrrp.pid"]
        Program(name, ["keepalived", "--dont-fork", "--log-console", "--vrrp", f"--use-file={config}", *files])
        if name == "first":
            wait_until("the floating address", lambda: holder() == ["first"])
    return FLOATING, 18332


def main(form):
    make_network()
    shutil.copy(sys.argv[2], BLLVMCTL)
    if form == "compose":
        name_containers()
    nodes = start_nodes()
    redis = start_redis(form)
    gateways = start_gateways(form)
    wait_until("all nodes in rotation", lambda: all(rotation(name) == len(NODES) for name in GATEWAYS))
    host, port = start_keepalived() if form == "keepalived" else start_haproxy(form)
    through = lambda: on("clients", lambda: answer(host, port, "/health/ready").status == 200)
    wait_until("an answer at the address of clients", through)

    load, scenario = Load(host, port), Scenario()
    try:
        play(form, scenario, nodes, redis, gateways)
    finally:
        load.stop()
    served = {name: reads_served(name) for name in GATEWAYS}
    print("reads that each gateway has served since it started:", served)
    good = scenario.table(load.calls)
    if not good:
        sys.exit("reads failed that were not in flight at the gateway that died")


def play(form, scenario, nodes, redis, gateways):
    scenario.event("nothing")
    time.sleep(2)

    scenario.event("a gateway dies", gateways["first"].kill, of_gateway=True)
    wait_until("the gateway to be back", gateways["first"].is_ready)
    wait_until("its nodes", lambda: rotation("first") == len(NODES))
    time.sleep(3)

    [lost] = holder() if form == "keepalived" else ["first"]
    cut = lambda: run("ip", "link", "set", f"to-{lost}", "down")
    scenario.event("the machine of a gateway is gone", cut, of_gateway=True)
    if form == "keepalived":
        wait_until("the address to move", lambda: holder() not in ([], [lost]))
    time.sleep(6)
    run("ip", "link", "set", f"to-{lost}", "up")
    wait_until("its nodes", lambda: rotation(lost) == len(NODES))
    time.sleep(5)

    scenario.event("a node dies", nodes["a"].kill)
    wait_until("it to be out", lambda: all(rotation(name) == len(NODES) - 1 for name in GATEWAYS))
    time.sleep(1)
    nodes["a"].start()
    wait_until("it to be back", lambda: all(rotation(name) == len(NODES) for name in GATEWAYS))

    scenario.event("Redis dies", redis.kill)
    time.sleep(3)
    redis.start()
    time.sleep(3)

    scenario.event("rolling update of the gateways")
    for name, gateway in gateways.items():
        gateway.restart()
        wait_until("the gateway to be back", gateway.is_ready)
        wait_until("its nodes", lambda: rotation(name) == len(NODES))
        # HAProxy and keepalived look twice before they believe it.
        time.sleep(5)


def outside():
    """Runs this in networks and mounts of its own, which go with it."""
    known = len(sys.argv) >= 3 and sys.argv[1] in UNITS and sys.argv[3:] in ([], ["4"])
    if not known or not os.access(sys.argv[2], os.X_OK):
        sys.exit("usage: check-two-gateways.py haproxy|keepalived|compose PROGRAM [4]")
    if os.getuid() != 0:
        sys.exit("this needs root")
    for tool in ("ip", "unshare", "redis-server", *NEEDS[sys.argv[1]], os.environ.get("BITCOIND_EXE") or "BITCOIND_EXE"):
        if not shutil.which(tool):
            sys.exit(f"cannot find {tool}")
    with tempfile.TemporaryDirectory(prefix="two-gateways-", dir="/var/tmp") as work:
        words = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, __file__]
        done = subprocess.run([*words, *sys.argv[1:]], env={**os.environ, "TWO_GATEWAYS": work}, timeout=300)
        if done.returncode and os.environ.get("KEEP"):
            shutil.copytree(work, os.environ["KEEP"], dirs_exist_ok=True, ignore=shutil.ignore_patterns("node-*", "state-*"))
    sys.exit(done.returncode)


if "TWO_GATEWAYS" not in os.environ:
    outside()
WORK = pathlib.Path(os.environ["TWO_GATEWAYS"])
# A directory that only root may write to, as keepalived wants it.
BLLVMCTL = pathlib.Path("/run/bllvmctl")
signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
main(sys.argv[1])
