// ONNX Runtime on one model: settings as JSON on standard input, measurements on standard output.
// See sides.py.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const settings = JSON.parse(readFileSync(0, 'utf8'));
const ort = createRequire(import.meta.url)(settings.package);

const arrays = {
  float32: Float32Array, float64: Float64Array, uint8: Uint8Array, int8: Int8Array,
  uint16: Uint16Array, int16: Int16Array, int32: Int32Array, int64: BigInt64Array, bool: Uint8Array,
};

function tensor({ type, dims, file }) {
  const bytes = readFileSync(file);
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
  return new ort.Tensor(type, new arrays[type](copy), dims);
}

// The peak of resident memory since resetPeak, in MiB.
function peakMemory() {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;
}
function resetPeak() {
  writeFileSync('/proc/self/clear_refs', '5');
}

const inputs = settings.feeds.map((feed) => ({ name: feed.name, tensor: tensor(feed) }));
resetPeak();
const memoryBefore = peakMemory();
const start = performance.now();
const session = await ort.InferenceSession.create(settings.model, {
  intraOpNumThreads: settings.threads, interOpNumThreads: 1, logSeverityLevel: 4,
});
const feeds = {};
inputs.forEach((input, index) => {
  const name = session.inputNames.includes(input.name) ? input.name : session.inputNames[index];
  feeds[name] = input.tensor;
});
await session.run(feeds);
const startTime = performance.now() - start;

async function measure(seconds) {
  const times = [];
  const begin = performance.now();
  while (performance.now() - begin < seconds * 1e3 || times.length < 5) {
    const before = performance.now();
    await session.run(feeds);
    times.push((performance.now() - before) * 1e3);
  }
  return times.sort((a, b) => a - b);
}

await measure(0);
const memory = peakMemory() - memoryBefore;
await measure(settings.seconds / 10);
const times = await measure(settings.seconds);
console.log(JSON.stringify({
  us: times[Math.floor(times.length / 2)], start_ms: startTime, memory_mib: memory,
}));
