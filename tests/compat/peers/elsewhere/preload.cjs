// In a client's process: the names of NAMES_THERE are found at 127.0.0.1:PORT_THERE, as a site's own DNS would have it.
const net = require('net');
const names = (process.env.NAMES_THERE || '').split(',').filter(Boolean);
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options && typeof options === 'object' && names.some((name) => String(options.host).endsWith(name))) {
    options.host = '127.0.0.1';
    options.port = Number(process.env.PORT_THERE);
  }
  return connect.apply(this, given);
};
