// Preloaded into emulators that have no option for it: whatever they listen on, it is 127.0.0.1.
'use strict'
const net = require('net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (...given) {
  const [first, second] = given
  if (first && typeof first === 'object' && first.path === undefined && first.fd === undefined) {
    given[0] = { ...first, host: '127.0.0.1' }
  } else if (typeof first === 'number' || /^\d+$/.test(first)) {
    given.splice(1, typeof second === 'string' ? 1 : 0, '127.0.0.1')
  }
  return listen.apply(this, given)
}
