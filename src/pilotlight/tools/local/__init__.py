"""Run an artifact under its platform's own runtime, on loopback.

``aws`` ties the parts together: ``artifact`` unpacks, ``runtime`` and ``environment`` rebuild what
Lambda surrounds a function with, ``instance`` is one function process behind one ``runtime_api``,
``function`` keeps one process for each concurrent request, and ``http_front`` translates HTTP with
``payload``. ``limits`` holds the platform's numbers.

What is not emulated: the share of a CPU that goes with the memory size, the freezing of idle
processes, a private /tmp, layers and extensions.
"""
