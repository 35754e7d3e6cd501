"""A private Asterisk: started for us, gone with us."""

import asyncio
import contextlib
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from kommutator.twins.pbx.certificates import issue
from kommutator.twins.pbx.config import AMI_USER, HOST, Dids, PbxConfig, Ports, pick_ports
from kommutator.twins.pbx.control import run_command
from kommutator.twins.pbx.errors import PbxFailed
from kommutator.twins.pbx.installation import Installation
from kommutator.twins.pbx.privileges import Runner, runner_for
from kommutator.twins.pbx.render import Secrets, render_configuration

_BOOT_TIMEOUT_S = 20.0
_STOP_TIMEOUT_S = 5.0
_POLL_S = 0.01
_PORT_ATTEMPTS = 3
_FOLDERS = ("etc", "run", "log/cdr-csv", "log/cel-custom", "cache", "lib/moh", "lib/keys")
_SPOOL = ("spool/monitor", "spool/outgoing", "spool/tmp", "spool/recording")


class PrivateAsterisk:
    """One Asterisk process with its own folder, ports and secrets.

    `host`, `ports`, `ami_user`, `ami_secret`, `phone_secret`, `dids` and `extensions` are valid
    from `start` on and survive `restart`.
    """

    def __init__(
        self,
        installation: Installation,
        run: Path,
        config: PbxConfig | None = None,
        ports: Ports | None = None,
    ) -> None:
        self.installation = installation
        self.run = run.absolute()
        self.config = config or PbxConfig()
        self.host = HOST
        self.ami_user = AMI_USER
        self.dids = Dids()
        self.extensions = self.config.extensions
        self.authority: Path | None = None
        self._wanted_ports = ports or Ports()
        self.ports = self._wanted_ports
        self._secrets = Secrets.of(self.config)
        self._runner: Runner | None = None
        self._process: asyncio.subprocess.Process | None = None

    @property
    def ami_secret(self) -> str:
        return self._secrets.ami

    @property
    def probe_secret(self) -> str:
        return self._secrets.probe

    @property
    def phone_secret(self) -> str:
        return self._secrets.phone

    @property
    def sip_address(self) -> tuple[str, int]:
        """Where phones and the provider find it."""
        return self.host, self.ports.sip

    @property
    def pid(self) -> int | None:
        """Process id while it runs."""
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Write the configuration, start, and return when Asterisk is fully booted.

        Raises:
            PbxFailed: it did not boot; the text ends with its last words.
        """
        for attempt in range(1, _PORT_ATTEMPTS + 1):
            self._prepare()
            await self._launch()
            if not self._lost_a_port():
                return
            await self.stop()
            if attempt == _PORT_ATTEMPTS or self.ports == self._wanted_ports:
                raise PbxFailed(f"a port of {self.ports} is taken")

    async def stop(self) -> None:
        """End the process, frozen or not; returns when it is gone. Harmless when not running."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGCONT)
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOP_TIMEOUT_S)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def ended(self) -> None:
        """Return when the process that runs now is gone; at once when none runs."""
        if self._process is not None:
            await self._process.wait()

    async def kill(self) -> None:
        """End the process as a crash would (SIGKILL)."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def restart(self) -> None:
        """Stop and start with the same configuration, ports and secrets.

        Registrations survive, as they do on a real PBX: they are in its own database.
        """
        await self.stop()
        await self._launch()

    def freeze(self) -> None:
        """Stop the process in its tracks (SIGSTOP): sockets stay open, nothing answers."""
        pid = self._signal(signal.SIGSTOP)
        # Its threads run on for a moment; this returns when the last one stands still.
        with contextlib.suppress(ChildProcessError):  # it ended instead
            os.waitid(os.P_PID, pid, os.WSTOPPED | os.WNOWAIT)

    def thaw(self) -> None:
        """Let a frozen process go on."""
        self._signal(signal.SIGCONT)

    async def rx(self, command: str) -> str:
        """Run a command of Asterisk's command line; returns what it printed."""
        return await run_command(self.run, command)

    async def ask_gateway(self, url: str, secret: str) -> None:
        """From now on, and after a restart, ask there whose phone shall ring; "" asks nobody."""
        self.config = replace(self.config, gateway_url=url, gateway_secret=secret)
        render_configuration(self.installation, self.run, self.config, self.ports, self._secrets)
        if self.pid is not None:
            await self.rx("dialplan reload")

    async def hang_up_everything(self) -> None:
        """End every call; returns when no channel is left. Raises PbxFailed."""
        await self.rx("channel request hangup all")
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _STOP_TIMEOUT_S
        while "0 active channels" not in (left := await self.rx("core show channels count")):
            if loop.time() > deadline:
                raise PbxFailed(f"calls do not end: {left}")
            await asyncio.sleep(_POLL_S)

    def _signal(self, number: signal.Signals) -> int:
        if self._process is None:
            raise PbxFailed("Asterisk is not running")
        self._process.send_signal(number)
        return self._process.pid

    def _prepare(self) -> None:
        for name in (*_FOLDERS, *_SPOOL):
            (self.run / name).mkdir(parents=True, exist_ok=True)
        self.run.chmod(0o750)
        (self.run / "log/full").unlink(missing_ok=True)  # its errors are read after the start
        self.ports = pick_ports(self._wanted_ports)
        render_configuration(self.installation, self.run, self.config, self.ports, self._secrets)
        if self.config.tls:
            self.authority = issue(HOST, self.run / "etc", datetime.now(UTC))
        self._runner = runner_for(self.run, self.installation.modules)
        self._runner.own(self.run)

    async def _launch(self) -> None:
        if self._runner is None:
            raise PbxFailed("restart before start")
        (self.run / "run/asterisk.ctl").unlink(missing_ok=True)
        command = self.installation.command("-f", "-C", str(self.run / "etc/asterisk.conf"))
        with (self.run / "log/stdout").open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._runner.prefix,
                *command,
                cwd=self.run,
                env={"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LANG": "C.UTF-8"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C in the terminal is for us; we end it in turn
            )
        try:
            await self._booted(self._process)
        except BaseException:
            await self.kill()
            raise

    async def _booted(self, process: asyncio.subprocess.Process) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + _BOOT_TIMEOUT_S
        while process.returncode is None and loop.time() < deadline:
            with contextlib.suppress(PbxFailed):
                if "fully booted" in await self.rx("core waitfullybooted"):
                    return
            # There is no signal to wait for before its control socket listens.
            await asyncio.sleep(_POLL_S)
        raise PbxFailed(f"Asterisk did not boot: {self._last_words()}")

    def _lost_a_port(self) -> bool:
        """Whether somebody took one of the picked ports in between (Asterisk boots anyway)."""
        log = (self.run / "log/full").read_text(errors="replace")
        return "Address already in use" in log or "Unable to bind" in log

    def _last_words(self) -> str:
        output = self.run / "log/stdout"
        return output.read_text(errors="replace")[-2000:] if output.exists() else ""
