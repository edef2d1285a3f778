"""Reads through a proxy while its primary node is lost: load.py PORT AUTHORIZATION SECONDS LOSE_AFTER COMMAND...

32 clients call getblockcount without a pause over connections that are kept alive. COMMAND runs after LOSE_AFTER
seconds. Prints the answers before and after, the reads that failed, and the longest waits.
"""
import http.client
import subprocess
import sys
import threading
import time

port, authorization, seconds, lose_after = int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
command = sys.argv[5:]
body = '{"id":1,"method":"getblockcount","params":[]}'
headers = {"Authorization": authorization, "Content-Type": "application/json"}
begin = time.monotonic()
end = begin + seconds
answers, failures, lock = [], [], threading.Lock()


def client():
    connection = None
    mine, failed = [], []
    while time.monotonic() < end:
        asked = time.monotonic()
        try:
            connection = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            response.read()
            if response.status == 200:
                mine.append((asked - begin, time.monotonic() - asked))
                continue
            failed.append((asked - begin, f"status {response.status} after {time.monotonic() - asked:.1f} s"))
        except OSError as error:
            failed.append((asked - begin, f"{type(error).__name__} after {time.monotonic() - asked:.1f} s"))
        except http.client.HTTPException as error:
            failed.append((asked - begin, f"{type(error).__name__} after {time.monotonic() - asked:.1f} s"))
        connection = None
        time.sleep(0.05)
    with lock:
        answers.extend(mine)
        failures.extend(failed)


threads = [threading.Thread(target=client) for _ in range(32)]
for thread in threads:
    thread.start()
time.sleep(lose_after)
lost = time.monotonic() - begin
subprocess.run(command, check=True)
for thread in threads:
    thread.join(120)
before = sorted(took for asked, took in answers if asked + took < lost)
after = sorted(took for asked, took in answers if asked + took >= lost)


def p99(times):
    return times[int(len(times) * 0.99)] * 1000 if times else float("nan")


print(f"answered {len(before)} + {len(after)}, failed {len(failures)}, p99 {p99(before):.1f} -> {p99(after):.1f} ms, "
      f"longest {max(after, default=0):.2f} s" + (f"; first failure: {failures[0][1]}" if failures else ""))
