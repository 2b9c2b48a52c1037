#!/usr/bin/python3
"""Puts the shared libraries that a wheel needs into it.

Usage: bundle_wheel.py WHEEL FOLDER
Writes a wheel of the same name into FOLDER. Libraries of the C and C++ runtime stay those of the
system; all others go into gatefold.libs under names of their own, so that no other module's copy is
taken for them. Needs patchelf.
"""

import base64
import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

SYSTEM = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+))\.so\.[0-9]+$")
LIBRARIES = "gatefold.libs"


def output_of(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def needed(path):
    return [name for name in output_of("patchelf", "--print-needed", path).split()
            if not SYSTEM.match(name)]


def places(path):
    """Returns where the loader finds all libraries that a file needs, by their names."""
    return dict(re.findall(r"^\s*(\S+) => (/\S+)", output_of("ldd", path), re.MULTILINE))


def own_name(name, path):
    digest = hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()[:8]
    stem, rest = name.split(".so", 1)
    return f"{stem}-{digest}.so{rest}"


def bundle(package, libraries):
    """Copies what the modules of a package need, and makes all of them find the copies."""
    libraries.mkdir()
    modules = list(package.glob("*.so"))
    found = {name: path for module in modules for name, path in places(module).items()
             if not SYSTEM.match(name)}
    names = {name: own_name(name, path) for name, path in found.items()}
    for name, path in found.items():
        shutil.copy(path, libraries / names[name])
    for file in [*modules, *libraries.iterdir()]:
        renamed = [part for name in needed(file)
                   for part in ("--replace-needed", name, names[name])]
        is_library = file.parent == libraries
        rpath = "$ORIGIN" if is_library else f"$ORIGIN/../{LIBRARIES}"
        # One change at a time: patchelf 0.14 loses all but one.
        changes = [renamed, ["--set-soname", file.name] if is_library else [],
                   ["--force-rpath", "--set-rpath", rpath]]
        for change in filter(None, changes):
            output_of("patchelf", *change, file)


def write_record(folder):
    """Writes the list of files and their digests that a wheel must hold."""
    (record,) = folder.glob("*.dist-info/RECORD")
    lines = []
    for file in sorted(path for path in folder.rglob("*") if path.is_file() and path != record):
        digest = base64.urlsafe_b64encode(hashlib.sha256(file.read_bytes()).digest())
        name = file.relative_to(folder).as_posix()
        lines.append(f"{name},sha256={digest.decode().rstrip('=')},{file.stat().st_size}")
    lines.append(f"{record.relative_to(folder).as_posix()},,")
    record.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main():
    wheel, output = map(pathlib.Path, sys.argv[1:3])
    output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder)
        bundle(folder / "gatefold", folder / LIBRARIES)
        write_record(folder)
        with zipfile.ZipFile(output / wheel.name, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(path for path in folder.rglob("*") if path.is_file()):
                archive.write(file, file.relative_to(folder).as_posix())
    print(output / wheel.name)


if __name__ == "__main__":
    main()
