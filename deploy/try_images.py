#!/usr/bin/env python3
"""Build the image, bring the compose file up, and see what a reader gets.

    sudo python3 deploy/try_images.py            about five minutes

No registry of images is asked. What stands in for the images that the files name is made of Debian's packages, of the
release that runs here, and so has its Python, PostgreSQL and nginx instead of theirs; of how the official images start,
there is what the compose file relies on. The order in which the containers start is kept here, as nothing asks whether
one is healthy where systemd does not run, and none is bounded by control groups. Everything else is the real thing:
podman builds deploy/Containerfile, and podman-compose, in an environment of its own, reads deploy/compose.yaml.

It runs in namespaces of its own, the containers with a network that is not this machine's: nothing here is touched,
whatever runs in them ends with it, and the folder under /var/tmp is removed in the end. Where that cannot be had, the
exit status is 75.
"""

import argparse
import ctypes
import http.client
import os
import re
import resource
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path
from urllib.parse import unquote, urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from deploy import trial
from deploy.trial import HOST, Failed, NotTried, expect, run, say

# Its later releases wait for what a service depends on, where podman itself can.
COMPOSE = "podman-compose==1.6.0"
PROGRAMS = {
    "podman": "podman netavark aardvark-dns",
    "crun": "crun",
    "mmdebstrap": "mmdebstrap",
    "iptables": "iptables",
    "unshare": "util-linux",
    "ip": "iproute2",
    "openssl": "openssl",
    "git": "git",
}
LONGEST = 20
WITHIN = "TRY_IMAGES_WITHIN"
CLONE_NEWNET = 0x40000000

# The images that are named in the files, as far as they are relied on.
STAND_INS = {
    "docker.io/library/python:3.13-slim": """
        RUN apt-get install --yes --quiet --no-install-recommends python3 python3-pip && \\
            ln -s python3 /usr/bin/python && rm -f /usr/lib/python3*/EXTERNALLY-MANAGED
        COPY pip.conf /etc/pip.conf
    """,
    "docker.io/library/nginx:1.28": """
        RUN apt-get install --yes --quiet --no-install-recommends nginx && rm /etc/nginx/sites-enabled/default
    """,
    "docker.io/library/postgres:17": """
        RUN apt-get install --yes --quiet --no-install-recommends postgresql && \\
            ln -s /usr/lib/postgresql/*/bin/* /usr/local/bin
        COPY postgres /usr/local/bin/start
        VOLUME /var/lib/postgresql/data
        ENTRYPOINT ["start"]
    """,
}
POSTGRES = """#!/bin/sh
set -eu
data=/var/lib/postgresql/data
mkdir -p /run/postgresql && chown postgres $data /run/postgresql
as="setpriv --reuid=postgres --regid=postgres --init-groups"
if [ ! -e $data/PG_VERSION ]; then
    echo "$POSTGRES_PASSWORD" > /run/password && chmod 644 /run/password
    $as initdb --pgdata=$data --username="$POSTGRES_USER" --pwfile=/run/password $POSTGRES_INITDB_ARGS
    rm /run/password
    echo "host all all all scram-sha-256" >> $data/pg_hba.conf
    echo "CREATE DATABASE $POSTGRES_USER" | $as postgres --single -D $data postgres
fi
exec $as postgres -D $data -c listen_addresses='*'
"""
STORAGE = """[storage]
driver = "overlay"
graphroot = "{folder}/images"
runroot = "{folder}/run"
"""
CONTAINERS = """[containers]
cgroups = "disabled"
default_ulimits = ["nofile={files}:{files}", "nproc={processes}:{processes}"]
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "crun"
tmp_dir = "{folder}/tmp"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/networks"
"""


def main():
    argparse.ArgumentParser(description=__doc__.partition("\n")[0]).parse_args()
    with trial.reported("The image and the compose file hold"):
        if WITHIN not in os.environ:
            trial.require(PROGRAMS)
            enter()
        trial.bound(LONGEST)
        with tempfile.TemporaryDirectory(
            prefix="pathways-images-", dir="/var/tmp", ignore_cleanup_errors=True
        ) as folder:
            try:
                try_in(Path(folder))
            finally:
                leave(Path(folder))


# The place


def enter():
    """Run this again as the first process of a namespace, with which all others end."""
    own = ["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    tried = subprocess.run(["unshare", *own, "true"], capture_output=True, text=True, check=False)
    expect(not tried.returncode, tried.stderr, NotTried)
    os.environ[WITHIN] = "1"
    os.execvp("unshare", ["unshare", *own, sys.executable, *sys.argv])


def try_in(folder):
    try:
        tool = prepare(folder)
        say("Stand-ins for the images that are named, of Debian's packages …")
        stand_in(folder)
    except Failed as failure:
        # Nothing of ours was in it yet.
        raise NotTried(failure) from None
    release = folder / "pathways"
    copy_release(release)
    say("deploy/Containerfile")
    tag = re.search(r"--tag (\S+)", (release / "deploy/Containerfile").read_text())[1]
    podman(
        "build", "--network=host", *local_packages(), "--file=deploy/Containerfile", f"--tag={tag}", ".", cwd=release
    )
    check_image(tag)
    # From here on there is no network but the containers' own.
    expect(not ctypes.CDLL(None).unshare(CLONE_NEWNET), "A network of its own is refused.", NotTried)
    run("ip", "link", "set", "lo", "up")
    say("deploy/compose.yaml")
    site = Composed(release, tool)
    try:
        site.follow()
    except Failed:
        print(site.compose("logs", check=False)[-6000:], flush=True)
        raise
    finally:
        site.compose("down", "--volumes", check=False)


def leave(folder):
    """Take off what podman has mounted in the folder, so that it can be removed."""
    mounted = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for place in reversed(mounted):
        if place.startswith(f"{folder}/"):
            run("umount", "--lazy", place, check=False)


def prepare(folder):
    """Give podman a place of its own in the folder; return the path of podman-compose."""
    unified = Path("/sys/fs/cgroup/unified")
    if unified.is_mount():
        # crun takes the one kind of control groups or the other. That of this machine stays.
        run("umount", str(unified))
    for name in ("tmp", "networks"):
        (folder / name).mkdir()
    limits = {"files": resource.RLIMIT_NOFILE, "processes": resource.RLIMIT_NPROC}
    # No container has more than this process may give.
    given = {name: resource.getrlimit(limit)[1] for name, limit in limits.items()}
    given = {name: 2**20 if most == resource.RLIM_INFINITY else most for name, most in given.items()}
    (folder / "storage.conf").write_text(STORAGE.format(folder=folder))
    (folder / "containers.conf").write_text(CONTAINERS.format(folder=folder, **given))
    os.environ |= {
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_CONF": str(folder / "containers.conf"),
        "TMPDIR": str(folder / "tmp"),
    }
    # Programs of other users make files there, such as apt's.
    folder.chmod(0o755)
    (folder / "tmp").chmod(0o1777)
    venv.create(folder / "venv", with_pip=True)
    run(str(folder / "venv/bin/pip"), "install", "--quiet", COMPOSE)
    return str(folder / "venv/bin/podman-compose")


def podman(*arguments, **options):
    return run("podman", *arguments, **options)


def stand_in(folder):
    """Make the images that are named, each of Debian's packages, where podman finds them without asking for them."""
    archive = folder / "debian.tar"
    trial.make_debian(archive, "ca-certificates", "--skip=cleanup/apt/lists")
    podman("import", "--quiet", str(archive), "localhost/debian")
    archive.unlink()
    place = folder / "stand-ins"
    place.mkdir()
    (place / "pip.conf").write_text(
        "[global]\nroot-user-action = ignore\n" + "".join(f"{key} = {value}\n" for key, value in pip_settings())
    )
    (place / "postgres").write_text(POSTGRES)
    (place / "postgres").chmod(0o755)
    certificates = place / "certificates"
    certificates.mkdir()
    for path in Path("/usr/local/share/ca-certificates").glob("*.crt"):
        shutil.copy(path, certificates)
    begin = (
        "FROM localhost/debian\nENV DEBIAN_FRONTEND=noninteractive\n"
        "COPY certificates /usr/local/share/ca-certificates\nRUN update-ca-certificates\n"
    )
    for name, lines in STAND_INS.items():
        (place / "Containerfile").write_text(begin + lines.replace("\n        ", "\n"))
        podman("build", "--quiet", "--network=host", f"--tag={name}", ".", cwd=place)


def pip_settings():
    """Return where pip looks for packages on this machine: what it is told, in files and in the environment."""
    said = run(sys.executable, "-m", "pip", "config", "list")
    found = re.findall(r"^(?:global|install|:env:)\.([a-z-]+)='(.*)'$", said, re.MULTILINE)
    wanted = {"cert", "index-url", "extra-index-url", "find-links", "trusted-host", "proxy"}
    return dict(pair for pair in found if pair[0] in wanted).items()


def local_packages():
    """Return the folders of this machine in which pip looks, as they have to be mounted for a build."""
    words = [word for _, value in pip_settings() for word in value.split()]
    folders = [Path(word) for word in words if word.startswith("/")]
    # An index names files that lie beside it.
    folders += [Path(unquote(urlsplit(word).path)).parent for word in words if word.startswith("file:")]
    return [f"--volume={folder}:{folder}:ro" for folder in dict.fromkeys(folders) if folder.is_dir()]


def copy_release(release):
    """Copy what a release has, with what is to stand beside the compose file: a certificate and the settings."""
    for name, path in trial.released():
        (release / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, release / name)
    tls = release / "deploy/tls"
    tls.mkdir()
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    made += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    run(*made, "-keyout", str(tls / "key.pem"), "-out", str(tls / "certificate.pem"))
    settings = {"HOST": HOST, "SECRET_KEY": secrets.token_urlsafe(50), "DATABASE_PASSWORD": secrets.token_hex(16)}
    (release / "deploy/.env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))


# What is relied on


def check_image(tag):
    """Hold the image, without anything beside it, to what its file says."""
    say("The image")
    bound = ["run", "--rm", "--network=none", "--read-only", "--tmpfs=/tmp", "--cap-drop=ALL"]
    bound += ["--security-opt=no-new-privileges:true", tag, "sh", "-c"]
    said = podman(*bound, "id --user; touch /opt/pathways/x /usr/x 2>&1; touch /var/lib/pathways/x && echo writes")
    expect(said.startswith("10001\n"), f"It does not run as pathways: {said}")
    expect(said.count("Read-only file system") == 2, f"It may write where it should not: {said}")
    expect(said.endswith("writes\n"), f"It may not write where it has to: {said}")
    said = podman(*bound, "exec gunicorn --config deploy/gunicorn.conf.py pathways.wsgi", check=False)
    expect("SECRET_KEY is not set" in said, f"Without settings it does not say what to set: {said}")
    say(f"{tag}: {int(podman('image', 'inspect', '--format={{.Size}}', tag)) // 10**6} MB with the stand-in below it")


class Composed(trial.Site):
    """The site in containers, as whoever runs them sees it too."""

    def __init__(self, release, tool):
        super().__init__(release / "deploy/tls/certificate.pem")
        self.release, self.tool = release, tool

    def compose(self, *arguments, **options):
        """Do something to the containers as the head of the compose file says."""
        return run(self.tool, "--file", "deploy/compose.yaml", *arguments, cwd=self.release, **options)

    def follow(self):
        self.compose("config")
        say("Up")
        self.up()
        self.compose("run", "--rm", "--no-deps", "-T", "site", "python", "manage.py", "load_fixtures")
        say("What a reader gets")
        self.wait()
        self.check()
        say("The site in a new container, as an upgrade has it")
        self.compose("up", "--detach", "--no-deps", "--force-recreate", "site")
        self.wait()
        self.check()
        say("Everything down, and up again")
        self.compose("down")
        self.up()
        self.wait()
        self.check()

    def up(self):
        """Bring the containers up, in the order in which the compose file wants them.

        Who has systemd leaves the order to podman: its timers ask whether a container is healthy. There is none here.
        """
        self.compose("up", "--detach", "--no-deps", "database")
        self.until(lambda: "accepting" in self.exec("database", "pg_isready", "--username=pathways"), "The database")
        self.compose("up", "--no-deps", "prepare")
        self.compose("up", "--detach", "--no-deps", "site")
        self.compose("up", "--detach", "--no-deps", "web")

    def exec(self, service, *command):
        return self.compose("exec", "-T", service, *command, check=False)

    def until(self, condition, what):
        end = time.monotonic() + 90
        while not condition():
            expect(time.monotonic() < end, f"{what} does not answer.")
            time.sleep(0.5)

    def wait(self):
        self.until(lambda: self.status("/") == 200, "The site")

    def status(self, path):
        try:
            return self.ask(path).status
        except (OSError, http.client.HTTPException):
            return None

    def check(self):
        self.check_reading()
        self.check_names()
        asked = (
            "import sys; from urllib.request import Request, urlopen; "
            f"print(urlopen(Request(sys.argv[1], headers={{'Host': '{HOST}'}})).status)"
        )
        for path in ("/healthz", "/readyz"):
            said = self.exec("site", "python", "-c", asked, f"http://127.0.0.1:8000{path}")
            expect(said.strip().endswith("200"), f"{path}: {said}")


if __name__ == "__main__":
    main()
