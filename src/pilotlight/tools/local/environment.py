"""The environment variables that a function finds on Lambda."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .settings import ROLE, Settings

if TYPE_CHECKING:
    from pathlib import Path

    from .runtime import Runtime


def function_environment(
    settings: Settings, task_root: Path, runtime: Runtime, *, api: str, log_stream: str
) -> dict[str, str]:
    """Return the whole environment of a function process: nothing of the host's gets in.

    ``api`` is the Runtime API's ``host:port``. The function's own variables come last and so
    replace those that Lambda does not reserve, as there.

    The table is that of
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html as of November 2026,
    with /var/task, /var/runtime and /var/lang at their places here. Two things differ by need:
    the X-Ray daemon's address is on loopback, and the role's credentials are placeholders unless
    the user gives some. Where the host lacks the locale, Python adds LC_CTYPE by itself (PEP 538).
    """
    root, client = str(task_root), str(runtime.client)
    environment = {
        # reserved
        "_HANDLER": settings.handler,
        "AWS_REGION": settings.region,
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python{runtime.version}",
        "AWS_LAMBDA_FUNCTION_NAME": settings.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{settings.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_LAMBDA_RUNTIME_API": api,
        "LAMBDA_TASK_ROOT": root,
        "LAMBDA_RUNTIME_DIR": client,
        "TZ": ":UTC",
        # not reserved
        "LANG": "en_US.UTF-8",
        "PATH": f"{runtime.executable.parent}:/usr/local/bin:/usr/bin/:/bin:/opt/bin",
        "LD_LIBRARY_PATH": ":".join(
            [
                runtime.libraries,
                "/lib64",
                "/usr/lib64",
                client,
                f"{client}/lib",
                root,
                f"{root}/lib",
                "/opt/lib",
            ]
        ),
        "PYTHONPATH": client,
        "AWS_LAMBDA_LOG_FORMAT": "Text",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000",
    }
    if not any(name in settings.environment for name in ROLE):
        environment.update(dict.fromkeys(ROLE, "local"))
    return environment | dict(settings.environment)
