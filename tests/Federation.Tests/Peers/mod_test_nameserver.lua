-- Prosody without lua-unbound asks the nameservers of /etc/resolv.conf at port 53 and has no option for either. This makes each of
-- its resolvers ask the one nameserver of the test, and is loaded by the test's configuration only. (With lua-unbound there is one.)
module:set_global();

local address = module:get_option_string("test_nameserver_address");
local port = module:get_option_number("test_nameserver_port");
local methods = getmetatable(require "net.dns".resolver()).__index;

function methods:adddefaultnameservers()
	self:addnameserver(address);
end

local getsocket = methods.getsocket;
function methods:getsocket(number)
	if not self.test_nameserver then
		self.test_nameserver = true;
		local wrap = self.socket_wrapper;
		self.socket_wrapper = function (socket, resolver)
			local handler, err = wrap(socket, resolver);
			if handler then
				local set = handler.setpeername;
				handler.setpeername = function (h, peer) return set(h, peer, port); end
			end
			return handler, err;
		end
	end
	return getsocket(self, number);
end
