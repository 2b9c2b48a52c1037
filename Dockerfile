# The two commands of README.md on a bare Debian 12:
#   docker build --target quickstart -t gatefold .   builds and tries the tool
#   docker build .                                   runs every test as well
FROM debian:12 AS quickstart
WORKDIR /gatefold
COPY . .
RUN scripts/setup.sh && examples/quickstart.sh
ENTRYPOINT ["/gatefold/build/release/gatefold"]

FROM quickstart AS tests
RUN scripts/setup.sh && tests/run_all.sh
